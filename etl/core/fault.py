"""What can be wrong with a value: one text for each cause, in both languages, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultText:
    """Texts with the holes {value}, {column} (its title in that language) and {more} (list of codes, bounds, first row)."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_ASK_ID = ("请以文本格式重新录入18位公民身份号码。", "Enter the 18 characters again, in a cell formatted as text.")
_FULL_DATE = ("请写成四位年份的日期，如 2023-05-01。", "Write a date with a four-digit year, such as 2023-05-01.")

FAULTS: dict[str, FaultText] = {
    "required_missing": FaultText("必填项“{column}”为空", "The required value {column} is empty", "请补填。", "Fill it in."),
    "spreadsheet_error": FaultText(
        "“{column}”是电子表格的错误值“{value}”",
        "{column} holds the spreadsheet error “{value}”",
        "请改正公式后粘贴为数值。",
        "Mend the formula and paste it as a value.",
    ),
    "unknown_code": FaultText(
        "“{column}”的值“{value}”不在代码表内",
        "{column} holds “{value}”, which is not in the code list",
        "请改为：{more}。",
        "Use one of: {more}.",
    ),
    "not_a_number": FaultText(
        "“{column}”的值“{value}”不是数值",
        "{column} holds “{value}”, which is no number",
        "请只填一个数值，单位：{more}。",
        "Give one number; unit: {more}.",
    ),
    "not_an_integer": FaultText(
        "“{column}”的值“{value}”不是整数", "{column} holds “{value}”, which is no whole number", "请填整数。", "Give a whole number."
    ),
    "out_of_range": FaultText(
        "“{column}”的值“{value}”超出范围{more}",
        "{column} holds “{value}”, outside of {more}",
        "请核对数值和单位。",
        "Check the value and its unit.",
    ),
    "not_a_year": FaultText(
        "“{column}”的值“{value}”不是年份",
        "{column} holds “{value}”, which is no year",
        "请填四位年份，如 1985。",
        "Give four digits, such as 1985.",
    ),
    "not_a_date": FaultText("“{column}”的值“{value}”不是日期", "{column} holds “{value}”, which is no date", *_FULL_DATE),
    "date_impossible": FaultText(
        "“{column}”的值“{value}”是不存在的日期",
        "{column} holds “{value}”, a day that does not exist",
        "请核对月和日。",
        "Check month and day.",
    ),
    "date_two_digit_year": FaultText("“{column}”的值“{value}”年份只有两位", "{column} holds “{value}” with a two-digit year", *_FULL_DATE),
    "date_year_last": FaultText(
        "“{column}”的值“{value}”年份在最后，日和月可能混淆",
        "{column} holds “{value}”, which ends in the year: day and month may be mistaken for each other",
        "请按 年-月-日 填写，如 2023-05-01。",
        "Write year, month, day, such as 2023-05-01.",
    ),
    "date_year_only": FaultText("“{column}”的值“{value}”只有年份", "{column} holds only a year, “{value}”", *_FULL_DATE),
    "date_future": FaultText(
        "“{column}”的值“{value}”晚于今天", "{column} holds “{value}”, which lies in the future", "请核对日期。", "Check the date."
    ),
    "too_far_apart": FaultText(
        "“{column}”的值“{value}”距起始日期不在{more}天之内",
        "{column} holds “{value}”, which is not within {more} days of the first day",
        "请核对起止日期；期限届满后可另行报送。",
        "Check both days; deliver a new row when the time has run out.",
    ),
    "not_yes_no": FaultText(
        "“{column}”的值“{value}”不是“是”或“否”",
        "{column} holds “{value}”, which is neither yes nor no",
        "请填“是”或“否”。",
        "Give 是 or 否.",
    ),
    "number_as_float": FaultText(
        "“{column}”的值“{value}”是科学计数法，原始数字已丢失",
        "{column} holds “{value}”: scientific notation, the digits are lost",
        "请将单元格设为文本格式后重新录入。",
        "Format the cell as text and enter it again.",
    ),
    "phone_invalid": FaultText(
        "“{column}”的值“{value}”不是有效的电话号码",
        "{column} holds “{value}”, which is no phone number",
        "请填11位手机号码或带区号的固定电话，只填一个。",
        "Give one mobile number of 11 digits or a landline with its area code.",
    ),
    "id_scientific": FaultText(
        "身份证号“{value}”是科学计数法，后几位已丢失",
        "The ID number “{value}” is in scientific notation; its last digits are lost",
        *_ASK_ID,
    ),
    "id_float": FaultText(
        "身份证号“{value}”末尾的000是被表格软件按数值截断的结果",
        "The ID number “{value}” ends in 000 because a spreadsheet kept only 15 digits",
        *_ASK_ID,
    ),
    "id_likely_float": FaultText(
        "身份证号“{value}”以000结尾，同一文件中有号码被表格软件截断，此号可能也是",
        "The ID number “{value}” ends in 000; other numbers of the file were cut by a spreadsheet, and this one may have been too",
        "请对照证件核对后三位。",
        "Check the last three digits against the document.",
    ),
    "id_15_digits": FaultText(
        "身份证号“{value}”是15位旧号码",
        "The ID number “{value}” has the 15 digits of before 1999",
        "请按现用证件填写18位号码。",
        "Take the 18 digits from the current card.",
    ),
    "id_masked": FaultText(
        "身份证号“{value}”已被遮盖", "The ID number “{value}” is masked", "请提供完整号码。", "Deliver the full number."
    ),
    "id_length": FaultText("身份证号“{value}”不是18位", "The ID number “{value}” does not have 18 characters", *_ASK_ID),
    "id_characters": FaultText(
        "身份证号“{value}”含有不允许的字符", "The ID number “{value}” has characters that cannot be there", *_ASK_ID
    ),
    "id_area": FaultText(
        "身份证号“{value}”的前两位不是省级代码",
        "The ID number “{value}” does not start with a province",
        "请核对证件。",
        "Check the document.",
    ),
    "id_date": FaultText(
        "身份证号“{value}”中的出生日期不存在",
        "The ID number “{value}” holds an impossible date of birth",
        "请核对证件。",
        "Check the document.",
    ),
    "id_check_digit": FaultText(
        "身份证号“{value}”的校验码不符",
        "The check digit of the ID number “{value}” is wrong",
        "请核对证件，可能有一位录错。",
        "Check the document; one digit may be mistyped.",
    ),
    "id_sex_mismatch": FaultText(
        "性别“{value}”与身份证号不一致",
        "The sex “{value}” contradicts the ID number",
        "请核对性别和证件。",
        "Check the sex and the document.",
    ),
    "id_birth_mismatch": FaultText(
        "出生日期“{value}”与身份证号不一致",
        "The date of birth “{value}” contradicts the ID number",
        "请核对出生日期和证件。",
        "Check the date of birth and the document.",
    ),
    "duplicate_key": FaultText(
        "“{column}”的值“{value}”与{more}重复",
        "{column} “{value}” is already in {more}",
        "请保留一行，或改正编号。",
        "Keep one row, or correct the number.",
    ),
    "duplicate_id_number": FaultText(
        "身份证号“{value}”与{more}重复",
        "The ID number “{value}” is already in {more}",
        "请保留一行，或改正号码。",
        "Keep one row, or correct the number.",
    ),
    "damaged_row": FaultText(
        "此行无法读取：{more}", "The row cannot be read: {more}", "请在原文件中改正此行。", "Mend the row in the file."
    ),
}

FAULT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("dataset", "VARCHAR"),
    ("file", "VARCHAR"),
    ("sheet", "VARCHAR"),
    ("row", "BIGINT"),
    ("column_name", "VARCHAR"),
    ("value", "VARCHAR"),
    ("code", "VARCHAR"),
    ("reason_zh", "VARCHAR"),
    ("reason_en", "VARCHAR"),
    ("remedy_zh", "VARCHAR"),
    ("remedy_en", "VARCHAR"),
    ("severity", "VARCHAR"),
)

"""Tables of places: areas, buildings, land, forest, facilities and the drawn backdrop."""

from __future__ import annotations

from data.schema.model import Column, Reference, Table

_AREA_CODE = Column("area_code", "key", "所属网格", "Area", "Code of the deepest area that holds the object (point on surface)",
                    aliases=("队组编码", "村组编码", "网格编码", "所在队组", "SSWG"))  # fmt: skip


def _phone(name: str, zh: str, en: str, *aliases: str) -> Column:
    """Duty phone: a work contact, shown to every role that works with the object; masked on the wall and in exports."""
    return Column(name, "phone", zh, en, "Work phone of the person in charge", aliases=aliases, personal="phone", unmasked_for="leader")


def _keeper(name: str, zh: str, en: str, *aliases: str) -> Column:
    return Column(name, "text", zh, en, "Person in charge", aliases=aliases, personal="name", unmasked_for="leader")


AREA = Table(
    name="area", zh="网格", en="Area", key=("code",), geometry="polygon", max_bad_share=0.0,
    meaning="The tree town → village → micro-grid → team; level names are set per town.",
    columns=(
        Column("code", "key", "网格编码", "Code", "Unique code, up to 24 characters, kept as text", required=True,
               aliases=("代码", "编码", "行政区代码", "XZQDM", "WGBM", "BM", "GEOID", "GEOID10", "code")),
        Column("name", "text", "网格名称", "Name", "Name as people say it", required=True,
               aliases=("名称", "行政区名称", "XZQMC", "WGMC", "MC", "NAME", "name")),
        Column("level", "integer", "层级", "Level", "0 is the town; children have the level of their parent plus one", low=0, high=6,
               aliases=("CJ", "级别")),
        Column("parent_code", "key", "上级编码", "Parent", "Code of the area one level up; found by place when empty",
               aliases=("上级网格编码", "SJBM", "父级编码")),
        Column("kind", "code", "类型", "Kind", "Village, committee, urban village, estate, …", codes="area_kind", aliases=("WGLX", "网格类型")),
        Column("service_model", "code", "管理模式", "Service model", "Basic or standard property management", codes="service_model",
               aliases=("物业模式", "GLMS")),
        Column("households", "integer", "户数", "Households", "Declared households", unit="户", low=0, aliases=("HS",)),
        _keeper("chief", "负责人", "Chief", "网格长", "FZR"),
        _phone("chief_phone", "负责人电话", "Chief's phone", "网格长电话", "FZRDH"),
    ),
)  # fmt: skip

HOUSE = Table(
    name="house", zh="房屋", en="House", key=("house_id",), geometry="polygon",
    meaning="A building with its footprint, use, storeys, hazards, owner and last check.",
    columns=(
        Column("house_id", "key", "房屋编号", "House id", "Unique house code", required=True,
               aliases=("房屋编码", "房屋代码", "FWBH", "FWBM", "ZRZH", "osm_id", "osm_way_id")),
        Column("address", "text", "房屋地址", "Address", "Standard address", aliases=("地址", "FWDZ", "房屋准确地址", "ZL", "坐落"),
               personal="address", unmasked_for="officer"),
        Column("name", "text", "建筑物名称", "Building name", "Name of the building, when it has one", aliases=("JZMC", "name")),
        Column("building_use", "code", "建筑用途", "Building use", "Purpose of the building", codes="building_use",
               aliases=("建筑物用途", "JZYT", "building")),
        Column("occupancy", "code", "房屋用途", "Occupancy", "Own use, partly let, let, vacant or other", codes="occupancy",
               aliases=("使用情况", "FWYT", "使用状况")),
        Column("structure", "code", "房屋结构", "Structure", "Load-bearing structure", codes="structure", aliases=("结构", "FWJG")),
        Column("storeys", "integer", "层数", "Storeys", "Storeys above ground", unit="层", low=1, high=120,
               aliases=("总层数", "FWCS", "ZCS", "building:levels")),
        Column("room_count", "integer", "房间数", "Rooms", "Rooms that can be lived in", unit="间", low=0, high=2000, aliases=("间数", "FJS")),
        Column("floor_area_m2", "area_m2", "建筑面积", "Floor area", "Floor area of all storeys", unit="m²", low=0, high=500000,
               aliases=("本户建筑面积", "JZMJ", "SCJZMJ")),
        Column("built_year", "year", "建成年份", "Year built", "Year of completion", low=1700, high=2100, aliases=("JCNF", "建造年代")),
        Column("danger_grade", "code", "危房等级", "Danger grade", "A safe … D dangerous as a whole (JGJ 125)", codes="danger_grade",
               aliases=("WFDJ", "鉴定等级")),
        Column("illegal_addition", "yes_no", "违建", "Illegal addition", "An unapproved addition stands", aliases=("是否违建", "SFWJ")),
        Column("coloured_steel", "yes_no", "彩钢住人", "Coloured steel lived in", "Sandwich-panel rooms are lived in", aliases=("彩钢板住人", "CGZR")),
        Column("live_work_store", "yes_no", "三合一", "Live-work-store", "Living, work and storage without separation", aliases=("SHY",)),
        Column("ebike_indoor", "yes_no", "室内充电", "Indoor e-bike charging", "E-bikes are charged indoors", aliases=("电动车室内充电", "SNCD")),
        Column("exit_blocked", "yes_no", "通道堵塞", "Exit blocked", "An exit or stair is blocked", aliases=("消防通道堵塞", "TDDS")),
        Column("gas_hazard", "code", "燃气隐患", "Gas hazard", "None, ordinary or major", codes="hazard_degree", aliases=("RQYH",)),
        Column("owner_name", "text", "房主姓名", "Owner", "Name of the owner", aliases=("产权人", "户主姓名", "FZXM", "代表人/业主"),
               personal="name", unmasked_for="officer"),
        Column("owner_phone", "phone", "房主电话", "Owner's phone", "Phone of the owner", aliases=("业主联系电话", "FZDH"),
               personal="phone", unmasked_for="officer"),
        _keeper("chief", "小房长", "House chief", "XFZ"),
        _phone("chief_phone", "小房长电话", "House chief's phone", "XFZDH"),
    ),
    links=(
        _AREA_CODE,
        Column("parcel_id", "key", "所在图斑", "Parcel", "Land parcel under the house (point on surface)"),
        Column("footprint_m2", "area_m2", "占地面积", "Footprint", "Area of the footprint polygon", unit="m²"),
    ),
    references=(Reference("area_code", "area"), Reference("parcel_id", "parcel")),
)  # fmt: skip

ROOM = Table(
    name="room", zh="房间", en="Room", key=("room_id",),
    meaning="A room or flat of a house; people hang on rooms.",
    columns=(
        Column("room_id", "key", "房间编号", "Room id", "Unique room code", required=True, aliases=("房间编码", "FJBH")),
        Column("house_id", "key", "房屋编号", "House", "House that holds the room", required=True, aliases=("房屋编码", "FWBH")),
        Column("room_no", "text", "室号", "Room number", "Number on the door", aliases=("房间号", "SH")),
        Column("storey", "integer", "所在层", "Storey", "Storey, negative below ground", unit="层", low=-5, high=120, aliases=("楼层", "SZC")),
        Column("room_use", "code", "房间用途", "Room use", "Own use, let, vacant or storage", codes="room_use", aliases=("FJYT",)),
        Column("living_area_m2", "area_m2", "居住面积", "Living area", "Usable living-room area", unit="m²", low=0, high=2000,
               aliases=("使用面积", "JZMJ", "房间面积")),
        Column("designed_rooms", "integer", "居室数", "Living rooms", "Rooms originally designed for living (1 for a single room)",
               unit="间", low=0, high=60, aliases=("JSS",)),
    ),
    references=(Reference("house_id", "house"),),
)  # fmt: skip

PARCEL = Table(
    name="parcel", zh="地块", en="Parcel", key=("parcel_id",), geometry="polygon",
    meaning="Land-use polygon of the survey; class code and the scheme that the code belongs to.",
    columns=(
        Column("parcel_id", "key", "标识码", "Parcel id", "Unique polygon id", required=True,
               aliases=("BSM", "TBBH", "TBYBH", "图斑编号", "osm_id", "osm_way_id", "objectid")),
        Column("scheme", "code", "分类体系", "Scheme", "Generation of the class codes", codes="land_scheme", aliases=("FLTX",)),
        Column("class_code", "key", "地类编码", "Class code", "Land class in that scheme", aliases=("DLBM", "landuse", "用地代码", "YDYHFLDM")),
        Column("class_name", "text", "地类名称", "Class", "Name of the land class", aliases=("DLMC", "用地名称", "YDYHFLMC")),
        Column("ownership", "code", "权属性质", "Ownership", "State or collective, and whose", codes="ownership", aliases=("QSXZ",)),
        Column("owner_unit", "text", "权属单位名称", "Owner unit", "Unit that owns the land", aliases=("QSDWMC",)),
        Column("seat_unit", "text", "坐落单位名称", "Seat unit", "Unit on whose ground the parcel lies", aliases=("ZLDWMC",)),
        Column("area_m2", "area_m2", "图斑面积", "Surveyed area", "Area as surveyed", unit="m²", low=0, high=1e10, aliases=("TBMJ", "面积")),
        Column("basic_farmland", "yes_no", "永久基本农田", "Basic farmland", "Permanent basic farmland", aliases=("SFJBNT", "基本农田")),
        Column("status", "code", "利用状况", "Status", "State of use found by the last check", codes="parcel_status", aliases=("LYZK", "核查结果")),
        Column("surveyed_year", "year", "数据年份", "Survey year", "Year of the survey", low=1990, high=2100, aliases=("SJNF",)),
        _keeper("chief", "小田长", "Field chief", "XTZ"),
        _phone("chief_phone", "小田长电话", "Field chief's phone", "XTZDH"),
    ),
    links=(_AREA_CODE,),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

LOT = Table(
    name="lot", zh="宗地", en="Lot", key=("lot_id",), geometry="polygon", meaning="Cadastral lot.",
    columns=(
        Column("lot_id", "key", "宗地代码", "Lot id", "Unique cadastral code", required=True, aliases=("ZDDM", "BDCDYH", "不动产单元号", "apn", "APN", "ain")),
        Column("address", "text", "坐落", "Address", "Where the lot lies", aliases=("ZL", "address"), personal="address", unmasked_for="officer"),
        Column("use_code", "key", "用途代码", "Use code", "Permitted use", aliases=("YT", "usecode")),
        Column("use_name", "text", "用途", "Use", "Permitted use in words", aliases=("YTMC", "usetype")),
        Column("area_m2", "area_m2", "宗地面积", "Area", "Area in the register", unit="m²", low=0, high=1e9, aliases=("ZDMJ",)),
        Column("right_type", "text", "权利类型", "Right", "Kind of right", aliases=("QLLX",)),
    ),
    links=(_AREA_CODE,),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

ZONE = Table(
    name="zone", zh="管控区", en="Zone", key=("zone_id",), geometry="polygon",
    meaning="Planning zone or control line: basic farmland, ecological red line, urban boundary, blue line, zoning district.",
    columns=(
        Column("zone_id", "key", "管控区编号", "Zone id", "Unique id", required=True, aliases=("GKQBH", "objectid", "OBJECTID")),
        Column("class_code", "key", "管控类型代码", "Class code", "Class of the zone", aliases=("GKLX", "zoning", "ZONING")),
        Column("class_name", "text", "管控类型", "Class", "Class in words", aliases=("GKLXMC", "zonedesc")),
        Column("name", "text", "管控区名称", "Name", "Name, when it has one", aliases=("GKQMC",)),
    ),
    links=(_AREA_CODE,),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

STAND = Table(
    name="stand", zh="林地小班", en="Stand", key=("stand_id",), geometry="any",
    meaning="Forest sub-compartment; a tree row (line) or a single tree (point) where delivered so.",
    columns=(
        Column("stand_id", "key", "小班编号", "Stand id", "Unique id", required=True, aliases=("XBBH", "osm_id", "objectid", "OBJECTID")),
        Column("compartment", "text", "林班", "Compartment", "Compartment number", aliases=("LIN_BAN",)),
        Column("subcompartment", "text", "小班", "Sub-compartment", "Number in the compartment", aliases=("XIAO_BAN",)),
        Column("land_class", "code", "林业地类", "Forest land class", "Class of forest land", codes="forest_land_class", aliases=("DI_LEI",)),
        Column("species", "text", "优势树种", "Dominant species", "Dominant tree species", aliases=("YOU_SHI_SZ", "species", "树种", "genus")),
        Column("use_type", "code", "林种", "Use type", "Protection, special, timber, economic forest", codes="forest_use", aliases=("LIN_ZHONG",)),
        Column("age_group", "code", "龄组", "Age group", "Young … over-mature", codes="age_group", aliases=("LING_ZU",)),
        Column("canopy", "number", "郁闭度", "Canopy density", "Share of ground under crowns", low=0, high=1, aliases=("YU_BI_DU",)),
        Column("canopy_before", "number", "上期郁闭度", "Canopy before", "Canopy density one survey earlier", low=0, high=1, aliases=("SQ_YBD",)),
        Column("category", "code", "森林类别", "Forest category", "Public welfare or commercial", codes="forest_category", aliases=("SEN_LIN_LB",)),
        Column("area_m2", "area_m2", "面积", "Area", "Area in the inventory", unit="m²", low=0, high=1e9, aliases=("MIAN_JI",)),
        Column("planted_year", "year", "造林年度", "Planted", "Year of planting", low=1700, high=2100, aliases=("ZL_ND",)),
        Column("condition", "code", "健康状况", "Condition", "Health found by the last patrol", codes="stand_condition", aliases=("JK_ZK",)),
        _keeper("chief", "小林长", "Forest chief", "管护责任人", "GH_ZRR"),
        _phone("chief_phone", "小林长电话", "Forest chief's phone", "管护电话", "GH_DH"),
    ),
    links=(_AREA_CODE,),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

FACILITY = Table(
    name="facility", zh="设施", en="Facility", key=("facility_id",), geometry="point",
    meaning="Camera, gate, barrier, recorder, service station, hydrant and other devices and points.",
    columns=(
        Column("facility_id", "key", "设施编号", "Facility id", "Unique id", required=True, aliases=("设备编号", "SBBH", "objectid", "OBJECTID", "osm_id")),
        Column("kind", "code", "设施类型", "Kind", "Camera, gate, barrier, station, …", codes="facility_kind", aliases=("设备类型", "SBLX")),
        Column("name", "text", "设施名称", "Name", "Name or number on the spot", aliases=("设备名称", "SBMC", "name")),
        Column("state", "code", "运行状态", "State", "Working, idle, offline, alarming, closed, …", codes="facility_state", aliases=("状态", "ZT")),
        Column("state_since", "date", "状态起始", "State since", "Day since which the state holds", aliases=("ZTSJ",)),
        Column("functions", "list", "服务功能", "Functions", "Services offered at a station", aliases=("FWGN",)),
        Column("opening_hours", "text", "开放时间", "Opening hours", "Daily hours of a station", aliases=("KFSJ",)),
        Column("stream", "text", "视频地址", "Stream", "Address of the picture", aliases=("SPDZ",)),
        _keeper("chief", "责任人", "In charge", "ZRR", "站长"),
        _phone("chief_phone", "责任人电话", "Phone", "ZRRDH", "站长电话"),
    ),
    links=(_AREA_CODE,),
    references=(Reference("area_code", "area"),),
)  # fmt: skip

BACKDROP = Table(
    name="backdrop", zh="底图要素", en="Backdrop", key=("feature_id",), geometry="any", max_bad_share=0.2,
    meaning="Water, roads, rail and green that are drawn under the layers so that no outside basemap is needed.",
    columns=(
        Column("feature_id", "key", "要素编号", "Feature id", "Unique id", required=True, aliases=("YSBH", "BSM", "osm_id", "osm_way_id")),
        Column("kind", "code", "要素类型", "Kind", "water, waterway, road, rail, green", codes="backdrop_kind", aliases=("YSLX",), required=True),
        Column("rank", "integer", "等级", "Rank", "1 most important (motorway, river) … 5 least (lane, ditch)", low=1, high=5, aliases=("DJ",)),
        Column("name", "text", "名称", "Name", "Name of the road or water", aliases=("MC", "name", "道路名称")),
        Column("width_m", "number", "宽度", "Width", "Width of a line feature", unit="m", low=0, high=2000, aliases=("KD", "路宽")),
    ),
)  # fmt: skip

/* Who acts at this machine until accounts exist: a duty and a name, visible wherever steps can be taken, kept in a cookie that the server reads. */
(function (root) {
  "use strict";
  const DUTY = "onescreen-duty", NAME = "onescreen-duty-name", YEAR = 31536000; // as in incidents/core/network.py
  const LONGEST = 40; // characters of a name

  const cookie = (cookies, name) => {
    const found = cookies.split(/;\s*/).find((one) => one.startsWith(name + "="));
    try { return found ? decodeURIComponent(found.slice(name.length + 1)) : ""; } catch { return ""; }
  };

  /** `{duty, name}` of a cookie header; empty texts where nobody has chosen. */
  const read = (cookies) => ({ duty: cookie(cookies, DUTY), name: cookie(cookies, NAME) });

  /** The two cookies that say so. */
  function written(duty, name) {
    const said = (key, value) => `${key}=${encodeURIComponent(value)}; path=/; max-age=${YEAR}; samesite=lax`;
    return [said(DUTY, duty), said(NAME, name.trim().slice(0, LONGEST))];
  }

  const app = (root.onescreen = root.onescreen || {});
  app.acting = { read, written, now: () => read(document.cookie) };
  if (typeof module !== "undefined") module.exports = app.acting;
  if (typeof document === "undefined") return;

  function set(duty, name) {
    for (const one of written(duty, name)) document.cookie = one;
    document.dispatchEvent(new CustomEvent("onescreen:acting", { detail: { duty, name } }));
  }

  /** The chooser: duty, name, and why it is asked. */
  app.acting.chooser = function () {
    const { el } = app, { say, about } = app.cases, { duty, name } = read(document.cookie);
    const duties = Object.entries(about().duties).map(([code, said]) => el("option", { value: code, selected: code === duty }, said));
    const choose = el("select.field", { id: "acting-duty", "aria-label": say("desk.acting"), title: say("desk.acting.why") }, el("option", { value: "", selected: !duty, disabled: Boolean(duty) }, say("desk.acting.none")), duties);
    const field = el("input.field", { type: "text", value: name, maxlength: LONGEST, placeholder: say("desk.acting.name"), "aria-label": say("desk.acting.name"), autocomplete: "off" });
    const tell = () => set(choose.value, field.value);
    choose.onchange = tell;
    field.onchange = tell;
    return el("div.acting", { "data-chosen": String(Boolean(duty)) }, el("label", { for: "acting-duty" }, say("desk.acting")), choose, field, el("small.acting-soon", {}, say("desk.acting.soon")));
  };
})(typeof self !== "undefined" ? self : globalThis);

/* Elements for what a script draws by itself: app.el("button.button", {type: "button", onclick: f}, "text", other, [more]). */
(function (root) {
  "use strict";

  /** `what` is a tag with classes behind dots; text goes in as text, so nothing of a report ever becomes markup. */
  function el(what, given = {}, ...inside) {
    const [tag, ...classes] = what.split(".");
    const made = root.document.createElement(tag);
    if (classes.length) made.className = classes.join(" ");
    for (const [name, value] of Object.entries(given)) put(made, name, value);
    made.append(...inside.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
    return made;
  }

  function put(made, name, value) {
    if (value === null || value === undefined || value === false) return;
    if (name.startsWith("on") || name === "value" || name === "disabled" || name === "checked" || name === "selected") made[name] = value;
    else if (name === "style") for (const [rule, one] of Object.entries(value)) made.style.setProperty(rule, one);
    else made.setAttribute(name, value === true ? "" : value);
  }

  /** A picture of assets/icons; what it means stands in words beside it. */
  const icon = (name) => el(`span.icon.icon-${name}`, { "aria-hidden": "true" });

  /** The same text with its holes filled: "{n} 件". */
  const fill = (text, holes) => String(text).replace(/\{(\w+)\}/g, (all, name) => (holes[name] === undefined ? all : holes[name]));

  const app = (root.onescreen = root.onescreen || {});
  Object.assign(app, { el, icon, fill });
  if (typeof module !== "undefined") module.exports = { el, icon, fill };
})(typeof self !== "undefined" ? self : globalThis);

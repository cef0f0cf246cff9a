/* Draws the elements of screen/html.py. One component of Dash's stands for a whole slot, however many elements are in it; React changes only
   what has changed, so lists keep where they were scrolled to, links keep the focus, and what scripts have set stays. */
(function (root) {
  "use strict";

  /** React's element of a plain one: text, `{tag, children, …attributes}`, `{hole: i}` for the i-th of `islands`, or a list of these. */
  function made(node, islands, react) {
    if (node === null || node === undefined || typeof node !== "object") return node;
    if (node.hole !== undefined) return islands[node.hole];
    const { tag, children, ...attributes } = Array.isArray(node) ? { tag: react.Fragment, children: node } : node;
    const inside = Array.isArray(children) ? children : [children];
    return react.createElement(tag, attributes, ...inside.map((one) => made(one, islands, react)));
  }

  function Drawn({ id, frame, content, children }) {
    const react = root.React;
    const islands = react.Children.toArray(children);
    react.useLayoutEffect(goFirst, []);
    const drawn = () => made(frame ? { ...frame, id, children: content } : content, islands, react);
    return react.useMemo(drawn, [id, frame, content, children]) || null;
  }

  /* What the server has written into the page until there is something to draw (screen/frame.py). */
  function goFirst() {
    const first = document.getElementById("first");
    if (first) first.remove();
  }

  if (typeof module !== "undefined") module.exports = { made };
  else root.onescreen_parts = { Drawn };
})(typeof self !== "undefined" ? self : globalThis);

/* What is wrong with the text that a page shows, by geometry: see geometry.py. Evaluated in the page; returns sentences by kind of fault. */
() => {
  "use strict";
  const UNSEEN = ".visually-hidden, .skip:not(:focus), .leaflet-container, script, style, noscript, option, [data-unseen]";
  const ROUND = 1.5; // px by which a browser's rounding may miss
  const INK = 0.72; // of the font size: as high as glyphs are; the box of a line is higher, and lines may lie closer than their boxes
  const OPAQUE = 0.85;
  const GAP = 0.2; // of the font size: the narrowest space between two labels of a drawing on one line
  const CONTRAST = 4.5;
  const styles = new Map();
  const styleOf = (e) => styles.get(e) || styles.set(e, getComputedStyle(e)).get(e);
  const said = (leaf) => `"${leaf.text.slice(0, 40)}" in ${named(leaf.element)}`;
  const named = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.getAttribute("class") ? "." + e.getAttribute("class").trim().split(/\s+/).join(".") : "");

  /* ---- text leaves: each text node that is seen, with the boxes of its lines ---- */
  function leaves() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement, text = node.textContent.trim();
      if (!text || element.closest(UNSEEN) || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || pinched(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const lines = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5);
      if (lines.length) found.push({ node, element, text, lines });
    }
    return found;
  }

  /** Within a box of a point or so: there for a screen reader, or until it has the focus. */
  function pinched(element) {
    for (let at = element; at; at = at.parentElement) {
      const { overflowX, clipPath } = styleOf(at);
      if (clipPath === "inset(50%)" || (overflowX === "hidden" && at.clientWidth <= 2 && at instanceof HTMLElement)) return true;
    }
    return false;
  }

  const turned = (e) => e.getScreenCTM && Math.abs(e.getScreenCTM().b) > 0.01;

  /** The glyphs of a line: the middle of its box. */
  function ink(leaf, line) {
    const half = Math.min(line.height, parseFloat(styleOf(leaf.element).fontSize) * INK) / 2;
    const middle = (line.top + line.bottom) / 2;
    return turned(leaf.element) ? line : { left: line.left, right: line.right, top: middle - half, bottom: middle + half };
  }

  /** The boxes that clip an element, innermost first: {box, x, y} where x and y are "hidden", "scroll" or "" (not clipped that way). */
  function clips(element) {
    const found = [];
    let wanted = styleOf(element).position;
    for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
      const style = styleOf(at);
      const skips = at !== element && ((wanted === "fixed") || (wanted === "absolute" && style.position === "static"));
      if (at !== element && !skips && style.position !== "static") wanted = style.position;
      if (skips || at === document.body) continue;
      const kind = (axis) => (/auto|scroll/.test(style[axis]) || at.matches("[data-roll]") ? "scroll" : /hidden|clip/.test(style[axis]) ? "hidden" : "");
      if (kind("overflowX") || kind("overflowY")) found.push({ at, box: at.getBoundingClientRect(), x: kind("overflowX"), y: kind("overflowY") });
    }
    const fixed = wanted === "fixed";
    return { found, fixed };
  }

  /* ---- cut: glyphs beyond a box that hides them, or beyond the screen where nothing scrolls there ---- */
  function cut(leaf) {
    const { found, fixed } = clips(leaf.element);
    for (const line of leaf.lines) {
      const box = ink(leaf, line);
      let x = true, y = true; // until a scrolling box says that what is beyond can be reached
      for (const { at, box: edge, x: across, y: down } of found) {
        if (x && across === "hidden" && (box.left < edge.left - ROUND || box.right > edge.right + ROUND)) return `${said(leaf)} is cut by the side of ${named(at)}`;
        if (y && down === "hidden" && (box.top < edge.top - ROUND || box.bottom > edge.bottom + ROUND)) return `${said(leaf)} is cut by the edge of ${named(at)}`;
        if (across === "scroll") x = false;
        if (down === "scroll") y = false;
      }
      if (x && (box.left < -ROUND || box.right > innerWidth + ROUND)) return `${said(leaf)} is beyond the side of the screen`;
      const stays = fixed || document.documentElement.scrollHeight <= innerHeight;
      if (y && stays && (box.top < -ROUND || box.bottom > innerHeight + ROUND)) return `${said(leaf)} is beyond the edge of the screen`;
      if (y && box.top + scrollY < -ROUND) return `${said(leaf)} is above the page`;
    }
    return null;
  }

  /* ---- overlap: glyphs of two texts on each other, both to be seen ---- */
  function seen(leaf) {
    const { found } = clips(leaf.element);
    return leaf.lines.map((line) => {
      const box = { ...pick(ink(leaf, line)), leaf };
      for (const { box: edge } of found) {
        box.left = Math.max(box.left, edge.left); box.right = Math.min(box.right, edge.right);
        box.top = Math.max(box.top, edge.top); box.bottom = Math.min(box.bottom, edge.bottom);
      }
      return box;
    }).filter((box) => box.right > box.left && box.bottom > box.top);
  }
  /* Labels of a drawing that no gap tells apart read as one word: "23 Oct22 Nov". */
  const drawing = (leaf) => leaf.element.closest("svg text");
  function runsOn(a, b) {
    const one = drawing(a.leaf), other = drawing(b.leaf);
    if (!one || !other || one === other || turned(one) || turned(other)) return 0;
    return GAP * Math.min(...[one, other].map((text) => parseFloat(styleOf(text).fontSize)));
  }

  const pick = ({ left, right, top, bottom }) => ({ left, right, top, bottom });

  function overlaps(all) {
    const boxes = all.flatMap(seen).sort((a, b) => a.top - b.top), found = [];
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom - 2; j++) {
        const a = boxes[i], b = boxes[j];
        if (a.leaf === b.leaf) continue;
        const left = Math.max(a.left, b.left), right = Math.min(a.right, b.right), top = Math.max(a.top, b.top), bottom = Math.min(a.bottom, b.bottom);
        if (right - left > (-runsOn(a, b) || 2) && bottom - top > 2 && bothShow(a.leaf, b.leaf, (left + right) / 2, (top + bottom) / 2)) found.push(`${said(a.leaf)} lies on ${said(b.leaf)}`);
      }
    }
    return found;
  }

  /** Whether nothing opaque that belongs to one of them lies between them; beyond the screen nobody can tell, and there nothing is laid over. */
  function bothShow(one, other, x, y) {
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return true;
    for (const element of document.elementsFromPoint(x, y)) {
      const holds = [one, other].filter((leaf) => element.contains(leaf.element));
      if (holds.length === 2) return true;
      if (opaque(element)) return false;
    }
    return true;
  }

  const alpha = (colour) => {
    const parts = colour.match(/[\d.]+/g) || [];
    return parts.length > 3 ? Number(parts[3]) : parts.length === 3 ? 1 : 0;
  };
  const stencil = (e) => (styleOf(e).maskImage || "none") !== "none"; // an icon is a shape cut out of its background
  const opaque = (e) => !stencil(e) && alpha(styleOf(e).backgroundColor) * Number(styleOf(e).opacity) >= OPAQUE || /^(CANVAS|IMG|VIDEO)$/.test(e.tagName);

  /* ---- covered: something opaque that has nothing to do with it lies on a text ---- */
  function covered(leaf) {
    for (const box of seen(leaf)) {
      const y = (box.top + box.bottom) / 2;
      for (const x of [box.left + 2, (box.left + box.right) / 2, box.right - 2]) {
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
        const stack = document.elementsFromPoint(x, y), own = stack.indexOf(leaf.element);
        if (own < 0) continue; // takes no pointer, so nobody can tell here
        const over = stack.slice(0, own).find((e) => !leaf.element.contains(e) && !e.contains(leaf.element) && opaque(e));
        if (over) return `${said(leaf)} is covered by ${named(over)}`;
      }
    }
    return null;
  }

  /* ---- contrast of HTML text against the colours behind it (WCAG 2.2, 1.4.3), also of large text ---- */
  const parsed = (colour) => {
    const parts = (colour.match(/[\d.]+/g) || []).map(Number);
    const scale = /^color\(/.test(colour) ? 255 : 1;
    return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts.length > 3 ? parts[3] : parts.length ? 1 : 0];
  };
  const onto = ([r, g, b, a], under) => [r * a + under[0] * (1 - a), g * a + under[1] * (1 - a), b * a + under[2] * (1 - a), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  function contrast(leaf) {
    if (leaf.element.closest("svg, :disabled, [aria-disabled=true]")) return null;
    const chain = [];
    for (let at = leaf.element; at; at = at.parentElement) chain.unshift(at);
    let ground = [255, 255, 255, 1], faded = 1;
    for (const at of chain) {
      const style = styleOf(at);
      faded *= Number(style.opacity);
      if (alpha(style.backgroundColor)) ground = onto(parsed(style.backgroundColor), ground);
    }
    const own = parsed(styleOf(leaf.element).color);
    own[3] *= faded;
    const lights = [luminance(onto(own, ground)), luminance(ground)].sort((a, b) => b - a);
    const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
    return ratio < CONTRAST - 0.01 ? `${said(leaf)} has contrast ${ratio.toFixed(2)}` : null;
  }

  /* ---- head: what stands in the head of a panel reaches beyond it, onto the panel's edge or its first row ---- */
  function heads() {
    const found = [];
    for (const head of document.querySelectorAll(".panel-head")) {
      if (!head.checkVisibility() || head.closest(UNSEEN) || pinched(head)) continue;
      const edge = head.getBoundingClientRect();
      for (const child of head.querySelectorAll("*")) {
        const box = child.getBoundingClientRect();
        if (!box.width || !box.height || child.closest(UNSEEN) || pinched(child)) continue;
        if (box.top < edge.top - ROUND || box.bottom > edge.bottom + ROUND || box.left < edge.left - ROUND || box.right > edge.right + ROUND)
          found.push(`"${child.textContent.trim().slice(0, 40)}" reaches beyond ${named(head)} in ${named(head.parentElement)}`);
      }
    }
    return found;
  }

  /* ---- placeholder: wider than the field that it stands in ---- */
  function placeholders() {
    const fields = [...document.querySelectorAll("input[placeholder]")].filter((field) => !field.value && field.checkVisibility());
    return fields.filter((field) => widthOf(field.placeholder, styleOf(field)) > roomIn(field) + ROUND).map((field) => `"${field.placeholder}" is cut by ${named(field)}`);
  }

  function widthOf(text, { font, letterSpacing }) {
    const span = document.createElement("span");
    Object.assign(span.style, { font, letterSpacing, position: "absolute", visibility: "hidden", whiteSpace: "pre" });
    span.textContent = text;
    document.body.append(span);
    const { width } = span.getBoundingClientRect();
    span.remove();
    return width;
  }

  /** What is left of a field for text; the button that empties a search keeps its room although it is not seen. */
  function roomIn(field) {
    const style = styleOf(field), cancel = getComputedStyle(field, "::-webkit-search-cancel-button");
    const taken = field.type === "search" && cancel.appearance !== "none" ? parseFloat(style.fontSize) : 0;
    return field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - taken;
  }

  const all = leaves();
  const root = document.documentElement;
  const wide = root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} px wide on a screen of ${innerWidth}`] : [];
  const each = (check) => [...new Set(all.map(check).filter(Boolean))];
  return { texts: all.length, faults: { wide, cut: each(cut), overlap: [...new Set(overlaps(all))], covered: each(covered), contrast: each(contrast), head: heads(), placeholder: placeholders() } };
}

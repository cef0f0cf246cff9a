/* What the phone page asks and sends: pure, in the page and in node. */
(function (root) {
  "use strict";

  /** What is still missing of a draft, as keys of the words; empty when it can be sent. */
  function missing(draft) {
    const found = [];
    if (!draft.type) found.push("report.need.type");
    if (!placed(draft) && !(draft.address || "").trim()) found.push("report.need.where");
    return found;
  }

  const placed = (draft) => Number.isFinite(draft.lon) && Number.isFinite(draft.lat);

  /** Whether a place can be in the town at all: the server knows exactly, this is the box around it. */
  const within = (bounds, lon, lat) => !bounds || (lon >= bounds[0] && lat >= bounds[1] && lon <= bounds[2] && lat <= bounds[3]);

  /** The report as it goes to the server (POST /api/report); what was not given is left out. */
  function payload(draft, client) {
    const sent = { client, type: draft.type };
    if (placed(draft)) {
      sent.lon = draft.lon;
      sent.lat = draft.lat;
      if (Number.isFinite(draft.accuracy) && !draft.moved) sent.accuracy_m = Math.round(draft.accuracy);
    }
    for (const name of ["address", "description", "name", "phone"]) if ((draft[name] || "").trim()) sent[name] = draft[name].trim();
    if (draft.photos && draft.photos.length) sent.photos = draft.photos.slice(0, MOST);
    return sent;
  }
  const MOST = 3;

  /** Types by class, in their order: `[[class, [type]]]`. */
  function byClass(types) {
    const groups = new Map();
    for (const type of types) groups.set(type.class, [...(groups.get(type.class) || []), type]);
    return [...groups];
  }

  /** Whether an answer settles the matter: taken or refused. A server that is busy, or broken, will be asked again. */
  const settles = (status) => status < 500 && status !== 429 && status !== 408 && status !== 404 && status !== 421;

  /** Width and height of a picture whose longer side is at most `most`. */
  function fitted(width, height, most) {
    const by = Math.min(1, most / Math.max(width, height));
    return [Math.max(1, Math.round(width * by)), Math.max(1, Math.round(height * by))];
  }

  const api = { missing, placed, within, payload, byClass, settles, fitted, MOST };
  root.onescreen = root.onescreen || {};
  root.onescreen.reportForm = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);

/* Cards and lists of incidents for pages that do not show them themselves: a drawer (screen/live.py) and, on a wall, the card of an alarm.

   `app.live.open(id)` first tells the page (`onescreen:incident`, which it may take by preventDefault), then opens the drawer. */
(function (root) {
  "use strict";
  const app = (root.onescreen = root.onescreen || {});
  app.live = app.live || {};
  if (typeof document === "undefined") return;
  const DRAWER = "live-drawer";
  const MOST = 200; // rows of a list
  const NEAR_M = 500;
  let turn = 0; // of the drawer: what has been asked for before is no longer wanted

  const words = () => app.live.config.words;
  const say = (key, holes = {}) => app.fill(words()[key] || key, holes);
  const row = (id) => app.live.now.state.rows.get(id);
  const now = () => app.live.now.serverNow();

  function when(ms) {
    if (!ms) return "—";
    const zone = app.live.config.zone, day = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
    const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(ms);
    return day(ms) === day(now()) ? time : `${day(ms)} ${time}`;
  }

  // ── parts ──
  const mark = (grade) => app.el("span.mark", { "data-level": grade, "aria-hidden": "true" });
  const graded = (grade) => app.el("span.live-grade", { "data-level": grade }, mark(grade), ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"][grade] ? say("grade", { n: ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"][grade] }) : "");
  const typeOf = (one) => app.live.names.name("types", one.type);

  function timed(one) {
    const { clock } = app.live, light = clock.light(one, now());
    return app.el("span.live-time", { "data-light": light }, clock.remaining(one, now(), words()));
  }

  const facts = (pairs) => app.el("dl.facts", {}, pairs.filter(([, value]) => value).map(([name, value]) => app.el("div", {}, app.el("dt", {}, name), app.el("dd", {}, value))));

  // ── the drawer ──
  function show(title, inside) {
    const drawer = document.getElementById(DRAWER);
    if (!drawer) return;
    document.getElementById(`${DRAWER}-title`).textContent = title;
    drawer.querySelector(".live-inside").replaceChildren(...inside);
    if (drawer.dataset.open !== "true") app.acts.drawer({ dataset: { target: DRAWER } });
    drawer.querySelector(".drawer-body").scrollTop = 0;
  }

  /** The card of an incident: what is known at once, then what the server adds. */
  async function open(id) {
    const asked = new CustomEvent("onescreen:incident", { detail: { id }, cancelable: true });
    if (app.live.shown) app.live.shown.select(id);
    if (!document.dispatchEvent(asked)) return;
    const mine = ++turn, known = row(id);
    await app.live.names.ready();
    if (known) show(typeOf(known), card(known));
    else show(id, [app.el("p.state", {}, say("asking"))]);
    const body = await read(masked(`/api/incidents/${encodeURIComponent(id)}`));
    if (mine !== turn) return;
    const full = body && { ...(body.incident || body), ...(row(id) || {}) };
    if (full) show(typeOf(full), card(full, body));
    else if (!known) show(id, [app.el("p.state", {}, say("failed"))]);
  }

  function card(one, body = null) {
    const said = facts([
      [say("id"), one.id], [say("place"), (body && body.place) || app.live.names.place(one.area)], [say("state"), app.live.names.name("states", one.state)],
      [say("source"), app.live.names.name("sources", one.source)], [say("unit"), one.unit && app.live.names.name("units", one.unit)], [say("reported"), when(one.reported_at)],
    ]);
    const head = app.el("p.live-head", {}, graded(one.grade), timed(one), one.supervised ? app.el("span.tag", {}, say(`supervised_${one.supervised}`)) : null);
    return [head, said, ...photos(body), nearby(one)];
  }

  function photos(body) {
    const all = (body && body.photos) || [];
    if (!Array.isArray(all) || !all.length) return [];
    return [app.el("div.live-photos", {}, all.slice(0, 6).map((one) => app.el("img", { src: masked(`/api/photos/${encodeURIComponent(one.id)}`), alt: say("photos"), loading: "lazy" })))];
  }

  /** The camera nearest to an incident; it is looked up when it is there. */
  function nearby(one) {
    const place = app.el("p.live-near", {});
    if (one.lon === null || one.lon === undefined) return place;
    cameras().then((all) => {
      const found = app.live.density.nearest(all, one.lon, one.lat, NEAR_M);
      place.textContent = found ? say("near_camera", { name: app.live.names.of(found.name) || found.id, m: Math.round(found.away_m) }) : say("no_camera");
    });
    return place;
  }

  const cameras = async () => (app.live.catalogue.cameras.length ? app.live.catalogue.cameras : app.live.fill("cameras"));

  // ── lists ──
  /** Incidents as a list, most urgent first: `what` is ids, or {url, title} that the server lists. */
  async function list(what) {
    const mine = ++turn;
    await app.live.names.ready();
    if (Array.isArray(what)) return show(say("drawer"), listed(what.map(row).filter(Boolean).sort(app.live.clock.order), what.length));
    show(what.title || say("drawer"), [app.el("p.state", {}, say("asking"))]);
    const body = await read(masked(what.url));
    if (mine !== turn) return;
    const rows = body && body.rows, note = what.note ? [app.el("p.live-note", {}, what.note)] : [];
    show(what.title || say("drawer"), rows ? [...note, ...listed(rows, body.total === undefined ? rows.length : body.total)] : [app.el("p.state", {}, say("failed"))]);
  }

  function listed(rows, total) {
    if (!rows.length) return [app.el("p.state", {}, say("empty"))];
    const shown = rows.slice(0, MOST), count = app.el("p.live-count", {}, String(total));
    const items = shown.map((one) => app.el("li", {}, app.el("button.live-row", { type: "button", "data-act": "live-open", "data-target": one.id }, line(one))));
    const more = total > shown.length ? [app.el("p.live-more", {}, say("more", { n: total - shown.length }))] : [];
    return [count, app.el("ul.live-list", {}, items), ...more];
  }

  function line(one) {
    const place = app.live.names.place(one.area);
    return [graded(one.grade), app.el("b", {}, typeOf(one)), timed(one), app.el("span.live-line", {}, place), app.el("span.live-line", {}, [app.live.names.name("states", one.state), when(one.reported_at)].join(" · "))];
  }

  // ── what else can be picked ──
  function about(found) {
    if (found.kind === "camera") return show(say("camera"), camera(found.camera));
    if (found.kind === "hotspot") return hotspot(found.hotspot);
    if (found.kind === "responder") return show(found.responder.id, [app.el("p", {}, say(found.responder.duty === "busy" ? "responder_busy" : "responder", { age: app.live.light.age(found.age, words()) }))]);
    if (found.kind === "alert") return show(say("alert"), alert(found.alert));
  }

  function camera(one) {
    const still = one.still ? app.el("img.live-still", { src: masked(`/api/photos/${encodeURIComponent(one.still)}`), alt: app.live.names.of(one.name) || one.id }) : null;
    const stream = one.stream && /^(https?|rtsp|rtmp|wss?):/.test(one.stream) ? app.el("a", { href: one.stream, rel: "noreferrer" }, one.stream) : say("no_stream");
    const off = app.live.extras.DEAD.has(one.state) ? app.el("p.note", { "data-kind": "late" }, say("not_working")) : null;
    return [app.el("p", {}, app.el("b", {}, app.live.names.of(one.name) || one.id)), off, still, facts([[say("stream"), stream], [say("place"), app.live.names.place(one.area)]])].filter(Boolean);
  }

  function hotspot(one) {
    const title = `${app.live.names.name("types", one.type)} · ${say("hotspot", { n: one.n, days: one.days || 30 })}`;
    return list({ url: `/api/incidents?sort=newest&size=200&id=${one.ids.slice(0, MOST).map(encodeURIComponent).join(",")}`, title });
  }

  const alert = (one) => [app.el("p", {}, app.el("b", {}, app.live.names.of(one.headline) || app.live.names.of(one.event))), app.el("p", {}, app.live.names.of(one.description)), facts([[say("alert_until"), one.expires && when(typeof one.expires === "number" ? one.expires : Date.parse(one.expires))]])];

  // ── the card of an alarm ──
  async function alarmCard(place, one, flood) {
    await app.live.names.ready();
    place.hidden = !one;
    place.dataset.level = one ? one.grade : "";
    document.dispatchEvent(new CustomEvent("onescreen:live-alarm", { detail: { row: one, flood } }));
    if (!one) return place.replaceChildren();
    const close = app.el("button.button.bare", { type: "button", "data-act": "live-alarm-close", "aria-label": say("close") }, app.icon("close"));
    const head = app.el("div.live-alarm-head", { role: "alert" }, graded(one.grade), app.el("b", {}, typeOf(one)), close);
    const more = app.el("button.live-alarm-body", { type: "button", "data-act": "live-open", "data-target": one.id },
      app.el("span", {}, app.live.names.place(one.area)), app.el("span", {}, [app.live.names.name("sources", one.source), when(one.reported_at)].join(" · ")), timed(one));
    place.replaceChildren(head, more, nearby(one));
  }

  /** A wall asks for what a wall may show, whoever has opened it. */
  const masked = (url) => (document.documentElement.dataset.place === "wall" ? `${url}${url.includes("?") ? "&" : "?"}page_role=wall` : url);

  async function read(url) {
    try {
      const answer = await fetch(url, { cache: "no-cache", signal: AbortSignal.timeout(8000) });
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  }

  app.acts = app.acts || {};
  Object.assign(app.acts, {
    "live-open": (button) => open(button.dataset.target),
    "live-list": (button) => list({ url: button.dataset.list, title: button.dataset.title, note: button.dataset.note }),
    "live-seen": () => app.live.shown && list(app.live.shown.seen()),
  });
  Object.assign(app.live, { open, list, about, alarmCard, masked });
})(typeof self !== "undefined" ? self : globalThis);

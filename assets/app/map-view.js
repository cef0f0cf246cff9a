/* The component of screen/map_view.py: properties of Dash on one side, the state of a map of assets/map on the other. */
(function (root) {
  "use strict";

  const MOVED = ["layers", "theme", "filter", "selected", "as_of"]; // properties that the map follows; n_features_in_view is told only
  const given = (value) => value !== undefined;
  const equal = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /** What `handle.set` has to be told for properties that have changed since `before`; `all` are the names of the layers there are. */
  function changeOf(props, before, all) {
    const changed = (name) => given(props[name]) && !equal(props[name], before[name]);
    const change = {};
    if (changed("layers") || changed("theme")) change.layers = themed(props, all);
    if (changed("filter")) Object.assign(change, { levels: null, classes: null }, props.filter);
    if (changed("selected")) change.selected = props.selected;
    if (changed("as_of")) change.asOf = props.as_of;
    return change;
  }

  /** The layers with the theme that is common to them; a theme that one of them names is its own. */
  function themed({ layers, theme }, all) {
    if (!theme) return layers || null;
    return (layers || all.map((name) => ({ name }))).map((layer) => ({ ...layer, theme: layer.theme || theme }));
  }

  /** The properties that a state of the map comes to. A theme that all layers have is told once, and in none of them: it is the next to change. */
  function propsOf({ layers, levels, classes, selected, asOf }, all) {
    const themes = new Set((layers || []).map((layer) => layer.theme || "level")), theme = themes.size === 1 ? [...themes][0] : null;
    const plain = layers && theme ? layers.map(({ theme: _, ...layer }) => layer) : layers;
    const every = Boolean(plain && theme) && equal(plain, all.map((name) => ({ name })));
    return { layers: every ? null : plain, theme, filter: levels || classes ? { levels, classes } : null, selected, as_of: asOf };
  }

  /** Those of `now` that are news to somebody who knows `known`. */
  function news(now, known) {
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => !equal(value, given(known[name]) ? known[name] : null)));
  }

  const api = { changeOf, propsOf, news };
  if (typeof module !== "undefined") { module.exports = api; return; }

  const app = (root.onescreen = root.onescreen || {});

  /** One map and one component, joined from when the map knows its layers. `tell(props)` is Dash's. */
  function join(handle, first, tell) {
    const known = {}; // as last given or told
    let turn = 0, leave = null, ended = false;
    const all = () => (handle.manifest ? handle.manifest.layers.map((layer) => layer.name) : []);

    function say(now) {
      const fresh = news(now, known);
      Object.assign(known, fresh);
      if (Object.keys(fresh).length) tell(fresh);
    }

    function follow(props) {
      if (!leave) return;
      const change = changeOf(props, known, all());
      for (const name of MOVED) if (given(props[name])) known[name] = props[name];
      if (Object.keys(change).length) handle.set(change);
    }

    /** Counting goes over every pixel of the view, so it waits until nothing else is to be done. */
    async function count() {
      const mine = ++turn;
      await app.map.ahead.whenIdle();
      if (mine === turn && !ended && handle.map && handle.layer.complete()) say({ n_features_in_view: handle.view().features });
    }

    handle.ready.then(() => {
      if (ended) return;
      const { count: counted, ...props } = first();
      leave = handle.observe({ state: (state) => say(propsOf(state, all())), painted: counted === false ? null : count });
      follow(props); // what is given comes before what is so
      say(propsOf(handle.state, all()));
      if (counted !== false) count();
    });
    return { follow, end() { ended = true; if (leave) leave(); } };
  }

  /** A map of this component's own: a click selects, and it goes with the look and the snapshots of the page. */
  function putUp(target, address) {
    const scheme = app.look ? app.look() : "dark", language = document.documentElement.lang.slice(0, 2) === "en" ? "en" : "zh";
    const selected = (hit) => (hit ? { tileset: hit.tileset, layer: hit.layer, ordinal: hit.ordinal } : null);
    const handle = app.map.attach(target, { manifestUrl: address, scheme, language, onPick: ([hit]) => handle.set({ selected: selected(hit) }) });
    const look = ({ detail }) => handle.set({ scheme: detail }), again = () => handle.load(handle.loading);
    document.addEventListener("onescreen:look", look);
    document.addEventListener("onescreen:snapshot", again);
    return {
      handle,
      remove() {
        document.removeEventListener("onescreen:look", look);
        document.removeEventListener("onescreen:snapshot", again);
        handle.remove();
      },
    };
  }

  function MapView(props) {
    const { target, manifest } = props;
    const { useEffect, useRef, useState } = root.React;
    const [handle, setHandle] = useState(null);
    const now = useRef(props), joined = useRef(null), own = useRef(null);
    now.current = props;

    useEffect(() => {
      if (!manifest) return app.map.whenAttached(target, setHandle);
      own.current = putUp(target, manifest);
      setHandle(own.current.handle);
      return () => { own.current.remove(); own.current = null; };
    }, [target, Boolean(manifest)]);

    useEffect(() => { if (own.current && own.current.handle.loading !== manifest) own.current.handle.load(manifest); }, [manifest]);

    useEffect(() => {
      if (!handle) return;
      joined.current = join(handle, () => now.current, (fresh) => now.current.setProps(fresh));
      return () => { joined.current.end(); joined.current = null; };
    }, [handle]);

    useEffect(() => { if (joined.current) joined.current.follow(props); }, MOVED.map((name) => props[name]));

    return null;
  }

  root.onescreen_maps = { MapView };
})(typeof self !== "undefined" ? self : globalThis);

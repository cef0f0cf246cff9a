/* The component of screen/map_view.py: properties of Dash on one side, the state of a map of assets/map on the other. */
(function (root) {
  "use strict";

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
    return (layers || all.map((name) => ({ name }))).map((layer) => ({ theme, ...layer }));
  }

  /** The properties that a state of the map comes to. */
  function propsOf({ layers, levels, classes, selected, asOf }) {
    const themes = new Set((layers || []).map((layer) => layer.theme || "level"));
    return { layers, theme: themes.size === 1 ? [...themes][0] : null, filter: levels || classes ? { levels, classes } : null, selected, as_of: asOf };
  }

  /** Those of `now` that are news to somebody who knows `known`. */
  function news(now, known) {
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => !equal(value, given(known[name]) ? known[name] : null)));
  }

  const api = { changeOf, propsOf, news };
  if (typeof module !== "undefined") { module.exports = api; return; }

  const app = (root.onescreen = root.onescreen || {});

  /** Ties one map to one component. `tell(props)` is Dash's; undone by the function that it returns. */
  function tie(handle, known, tell) {
    let idle = 0;
    const say = (now) => {
      const fresh = news(now, known);
      Object.assign(known, fresh);
      if (Object.keys(fresh).length) tell(fresh);
    };
    const painted = () => {
      cancelIdleCallback(idle);
      idle = requestIdleCallback(() => handle.map && say({ n_features_in_view: handle.view().features }));
    };
    const leave = handle.observe({ state: (state) => say(propsOf(state)), painted });
    say(propsOf(handle.state));
    if (handle.map && handle.layer.complete()) painted();
    return () => { cancelIdleCallback(idle); leave(); };
  }

  /** A map of this component's own: a click selects. */
  function putUp(target, manifestUrl) {
    const scheme = app.look ? app.look() : "dark", language = document.documentElement.lang.slice(0, 2) === "en" ? "en" : "zh";
    const handle = app.map.attach(target, { manifestUrl, scheme, language, onPick: ([hit]) => handle.set({ selected: hit ? { tileset: hit.tileset, layer: hit.layer, ordinal: hit.ordinal } : null }) });
    return handle;
  }

  function MapView(props) {
    const { target, manifest, setProps } = props;
    const { useEffect, useRef, useState } = root.React;
    const [handle, setHandle] = useState(null);
    const known = useRef({}), tell = useRef(setProps);
    tell.current = setProps;

    useEffect(() => {
      if (manifest) {
        const own = putUp(target, manifest);
        setHandle(own);
        return () => own.remove();
      }
      return app.map.whenAttached(target, setHandle);
    }, [target, manifest]);

    useEffect(() => {
      if (handle) return tie(handle, known.current, (fresh) => tell.current(fresh));
    }, [handle]);

    useEffect(() => {
      if (!handle) return;
      let wanted = true;
      handle.ready.then((loaded) => {
        if (!wanted || !loaded) return;
        const change = changeOf(props, known.current, loaded.layers.map((layer) => layer.name));
        for (const name of ["layers", "theme", "filter", "selected", "as_of"]) if (given(props[name])) known.current[name] = props[name];
        if (Object.keys(change).length) handle.set(change);
      });
      return () => { wanted = false; };
    }, [handle, props.layers, props.theme, props.filter, props.selected, props.as_of]);

    return null;
  }

  root.onescreen_maps = { MapView };
})(typeof self !== "undefined" ? self : globalThis);

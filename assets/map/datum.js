// The shifted coordinates of Chinese map apps, as in data/geo/gcj.py (a test compares both). Degrees in, degrees out. Pure; runs in the page and in node.
(function (root) {
  "use strict";
  const A = 6378245.0, EE = 0.00669342162296594323; // the ellipsoid of the published formula
  const X_PI = (Math.PI * 3000) / 180;
  const CHINA = [72.004, 0.8293, 137.8347, 55.8271];
  const ROUNDS = 30, ENOUGH = 1e-11;
  const { sin, cos, sqrt, PI } = Math;

  function shift(lon, lat) {
    const x = lon - 105, y = lat - 35, bend = sqrt(Math.abs(x));
    const ripple = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
    const waves = (at, near, far) => ((20 * sin(at * PI) + 40 * sin((at / 3) * PI)) * 2) / 3 + ((near * sin((at / 12) * PI) + far * sin((at / 30) * PI)) * 2) / 3;
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * bend + ripple + waves(y, 160, 320);
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * bend + ripple + waves(x, 150, 300);
    const phi = (lat / 180) * PI, magic = 1 - EE * sin(phi) ** 2;
    const meridian = ((A * (1 - EE)) / (magic * sqrt(magic))) * PI, parallel = (A / sqrt(magic)) * cos(phi) * PI;
    return [(east * 180) / parallel, (north * 180) / meridian];
  }

  function gcj02(lon, lat) {
    const [west, south, east, north] = CHINA;
    if (!(lon > west && lon < east && lat > south && lat < north)) return [lon, lat];
    const [dLon, dLat] = shift(lon, lat);
    return [lon + dLon, lat + dLat];
  }

  function bd09(lon, lat) {
    const [x, y] = gcj02(lon, lat);
    const z = Math.hypot(x, y) + 0.00002 * sin(y * X_PI), theta = Math.atan2(y, x) + 0.000003 * cos(x * X_PI);
    return [z * cos(theta) + 0.0065, z * sin(theta) + 0.006];
  }

  /** From WGS84, by name of the datum. */
  const FROM_WGS84 = { wgs84: (lon, lat) => [lon, lat], gcj02, bd09 };

  /** Back to WGS84: the point that the formula takes there; the shift is nearly constant, so a few corrections suffice. */
  function toWgs84(datum, lon, lat) {
    let x = lon, y = lat;
    for (let round = 0; round < ROUNDS; round++) {
      const [thereX, thereY] = FROM_WGS84[datum](x, y), missX = lon - thereX, missY = lat - thereY;
      x += missX;
      y += missY;
      if (Math.max(Math.abs(missX), Math.abs(missY)) < ENOUGH) break;
    }
    return [x, y];
  }

  const api = { fromWgs84: (datum, lon, lat) => FROM_WGS84[datum](lon, lat), toWgs84, DATUMS: Object.keys(FROM_WGS84) };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { datum: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);

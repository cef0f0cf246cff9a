// Lengths and areas on the ellipsoid (WGS84; CGCS2000 is the same within 0.1 mm). Points are [lon, lat] in degrees. Pure; runs in the page and in node.
// Lengths by Vincenty's series; areas on the sphere of equal area, edges cut so short that its great circles are the ellipsoid's shortest lines.
(function (root) {
  "use strict";
  const A = 6378137, F = 1 / 298.257223563, B = A * (1 - F);
  const E2 = F * (2 - F), E = Math.sqrt(E2);
  const RAD = Math.PI / 180;
  const ROUNDS = 200, ENOUGH = 1e-15;
  const PIECE_M = 2000, PIECES = 300; // an edge of an area is cut to pieces of that length, into so many at most
  const { sin, cos, tan, atan, atan2, sqrt } = Math;

  const wrapped = (degrees) => degrees - 360 * Math.round(degrees / 360);
  const reduced = (lat) => atan((1 - F) * tan(lat * RAD));

  /** Series of Vincenty in u² = cos²α · e'². */
  function series(u2) {
    return {
      big: 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2))),
      small: (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2))),
    };
  }

  function correction(small, sinS, cosS, cos2m) {
    const twice = 2 * cos2m * cos2m - 1;
    return small * sinS * (cos2m + (small / 4) * (cosS * twice - (small / 6) * cos2m * (4 * sinS * sinS - 3) * (2 * twice - 1)));
  }

  const C = (cos2a) => (F / 16) * cos2a * (4 + F * (4 - 3 * cos2a));

  /** {metres, azimuth (radians, at the first point)} of the shortest line. Points almost opposite on the globe are told apart no further. */
  function inverse([lon1, lat1], [lon2, lat2]) {
    const L = wrapped(lon2 - lon1) * RAD, U1 = reduced(lat1), U2 = reduced(lat2);
    const s1 = sin(U1), c1 = cos(U1), s2 = sin(U2), c2 = cos(U2);
    let lambda = L, at = null;
    for (let round = 0; round < ROUNDS; round++) {
      const x = c2 * sin(lambda), y = c1 * s2 - s1 * c2 * cos(lambda);
      const sinS = Math.hypot(x, y), cosS = s1 * s2 + c1 * c2 * cos(lambda);
      if (!sinS) return { metres: 0, azimuth: 0 };
      const sigma = atan2(sinS, cosS), sinA = (c1 * c2 * sin(lambda)) / sinS, cos2a = 1 - sinA * sinA;
      const cos2m = cos2a > 1e-16 ? cosS - (2 * s1 * s2) / cos2a : 0, c = C(cos2a);
      at = { sigma, sinS, cosS, cos2m, cos2a, azimuth: atan2(x, y) };
      const next = L + (1 - c) * F * sinA * (sigma + c * sinS * (cos2m + c * cosS * (2 * cos2m * cos2m - 1)));
      const moved = Math.abs(next - lambda);
      lambda = next;
      if (moved < ENOUGH) break;
    }
    const { big, small } = series((at.cos2a * (A * A - B * B)) / (B * B));
    return { metres: B * big * (at.sigma - correction(small, at.sinS, at.cosS, at.cos2m)), azimuth: at.azimuth };
  }

  /** The point so many metres from `point` in direction `azimuth`. */
  function direct([lon, lat], azimuth, metres) {
    const U = reduced(lat), s = sin(U), c = cos(U), cosZ = cos(azimuth), sigma1 = atan2(tan(U), cosZ);
    const sinA = c * sin(azimuth), cos2a = 1 - sinA * sinA, { big, small } = series((cos2a * (A * A - B * B)) / (B * B));
    let sigma = metres / (B * big), cos2m = 0;
    for (let round = 0; round < ROUNDS; round++) {
      cos2m = cos(2 * sigma1 + sigma);
      const next = metres / (B * big) + correction(small, sin(sigma), cos(sigma), cos2m), moved = Math.abs(next - sigma);
      sigma = next;
      if (moved < ENOUGH) break;
    }
    const sinS = sin(sigma), cosS = cos(sigma), k = C(cos2a);
    const phi = atan2(s * cosS + c * sinS * cosZ, (1 - F) * Math.hypot(sinA, s * sinS - c * cosS * cosZ));
    const lambda = atan2(sinS * sin(azimuth), c * cosS - s * sinS * cosZ);
    const d = lambda - (1 - k) * F * sinA * (sigma + k * sinS * (cos2m + k * cosS * (2 * cos2m * cos2m - 1)));
    return [lon + d / RAD, phi / RAD];
  }

  /** Metres along a line of points. */
  function length(points) {
    return points.slice(1).reduce((sum, point, i) => sum + inverse(points[i], point).metres, 0);
  }

  const q = (s) => (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
  const Q_POLE = q(1);

  /** tan(β/2) of the authalic latitude β, in which the ellipsoid is a sphere of the same area. */
  const half = (lat) => tan(Math.asin(Math.max(-1, Math.min(1, q(sin(lat * RAD)) / Q_POLE))) / 2);

  /** Points of the shortest line between two, but the first. */
  function cut(from, to) {
    const { metres, azimuth } = inverse(from, to), n = Math.min(PIECES, Math.max(1, Math.ceil(metres / PIECE_M)));
    return [...Array.from({ length: n - 1 }, (_, i) => direct(from, azimuth, (metres * (i + 1)) / n)), to];
  }

  /** Square metres inside a ring that crosses itself nowhere, goes round no pole, and need not repeat its first point. */
  function area(points) {
    if (points.length < 3) return 0;
    let excess = 0;
    points.forEach((from, i) => {
      let before = from;
      for (const point of cut(from, points[(i + 1) % points.length])) {
        const t = half(before[1]), u = half(point[1]);
        excess += 2 * atan2(tan((wrapped(point[0] - before[0]) * RAD) / 2) * (t + u), 1 + t * u);
        before = point;
      }
    });
    return Math.abs(excess) * ((A * A) / 2) * Q_POLE;
  }

  /** Metres of a degree of longitude at a latitude. */
  function degreeM(lat) {
    const s = sin(lat * RAD);
    return (A / sqrt(1 - E2 * s * s)) * cos(lat * RAD) * RAD;
  }

  const api = { inverse, direct, length, area, degreeM };
  root.onescreen = root.onescreen || {};
  root.onescreen.map = Object.assign(root.onescreen.map || {}, { geodesic: api });
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);

/* Pictures from the camera, made small in the browser: 1600 pixels and JPEG, which also leaves their position behind. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const LONGEST = 1600, QUALITY = 0.8;

  async function read(file) {
    if (window.createImageBitmap) {
      try { return await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { /* older browsers know no options; below */ }
    }
    const image = new Image(), url = URL.createObjectURL(file);
    try {
      image.src = url;
      await image.decode();
      return image;
    } finally { setTimeout(() => URL.revokeObjectURL(url), 0); }
  }

  /** The picture of a file in base64, without what stands before it. Rejects what no browser can read. */
  app.smallPhoto = async function (file) {
    const picture = await read(file), [width, height] = app.reportForm.fitted(picture.width, picture.height, LONGEST);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    if (picture.close) picture.close();
    const url = canvas.toDataURL("image/jpeg", QUALITY);
    canvas.width = canvas.height = 0; // phones give the memory back late otherwise
    return url.slice(url.indexOf(",") + 1);
  };
})();

// Files for the learner: downloading one, and the graph's SVG as a PNG with the page's own fonts.
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export const dataUrl = (blob) =>
  new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });

// A picture cannot load what is not in it.
async function fontFace(family, weight, file) {
  const url = await dataUrl(await (await fetch(`fonts/${file}.ttf`)).blob());
  return `@font-face { font-family: "${family}"; font-weight: ${weight}; src: url(${url}) }`;
}

export async function pngOf(svg, scale = 2) {
  const faces = await Promise.all([
    fontFace("Pretendard", 400, "text-regular"),
    fontFace("Pretendard", 600, "text-semibold"),
    fontFace("JetBrains Mono", 400, "mono-regular"),
  ]);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.replace("<style>", `<style>${faces.join("")}`))}`;
  await image.decode();
  const most = 8192;  // What canvases of common browsers hold.
  const factor = Math.min(scale, most / image.width, most / image.height);
  const canvas = new OffscreenCanvas(Math.ceil(image.width * factor), Math.ceil(image.height * factor));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/png" });
}

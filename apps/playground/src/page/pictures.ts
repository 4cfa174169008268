/** A picture with its numbers, and buttons that save both. */
import { el } from "./dom.ts";
import { strings } from "./strings.ts";

const save = (name: string, blob: Blob): void => {
  const href = URL.createObjectURL(blob);
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
};

const load = (svg: string): Promise<HTMLImageElement> =>
  new Promise((resolve, reject) => {
    const image = new Image();
    const href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    image.addEventListener("load", () => {
      URL.revokeObjectURL(href);
      resolve(image);
    });
    image.addEventListener("error", reject);
    image.src = href;
  });

/** The picture as PNG, at twice its size for high-resolution screens. */
const toPng = async (svg: string): Promise<Blob> => {
  const image = await load(svg);
  const canvas = el("canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), "image/png"));
};

export type Picture = {
  readonly element: HTMLElement;
  readonly buttons: HTMLElement;
  /** Shows a picture, with words for people who do not see it, and with the numbers to save. */
  readonly show: (svg: string, words: string, numbers: unknown) => Promise<void>;
};

/**
 * @param name - of the saved files
 * @param label - what the buttons call the picture
 */
export const picture = (name: string, label: string, fail: (error: unknown) => void): Picture => {
  const holder = el("figure", { className: "chart" });
  let shown: { readonly svg: string; readonly numbers: unknown } | undefined;
  const button = (form: "svg" | "png" | "json", blob: () => Blob | Promise<Blob>): HTMLButtonElement =>
    el(
      "button",
      {
        type: "button",
        className: "small",
        disabled: true,
        "aria-label": strings.compare.save(label, strings.compare[form]),
        onclick: async () => {
          try {
            save(`${name}.${form}`, await blob());
          } catch (error) {
            fail(error);
          }
        },
      },
      strings.compare[form],
    );
  const buttons = [
    button("svg", () => new Blob([shown!.svg], { type: "image/svg+xml" })),
    button("png", () => toPng(shown!.svg)),
    button("json", () => new Blob([`${JSON.stringify(shown!.numbers, null, 2)}\n`], { type: "application/json" })),
  ];
  return {
    element: holder,
    buttons: el("div", { className: "row save" }, ...buttons),
    show: async (svg, words, numbers) => {
      shown = { svg, numbers };
      const image = await load(svg);
      image.alt = words;
      // Not if another picture was shown in the meantime.
      if (shown.svg === svg) holder.replaceChildren(image);
      for (const each of buttons) each.disabled = false;
    },
  };
};

/** One picture made of several pictures of this package, one below the other. */
import { check, checkConfig, checkList, type Keys } from "@ropewalk/check";
import { heading, pageWidth, svgDocument } from "./svg.ts";

export type Panels = {
  readonly title: string;
  /** Documents that other functions of this package returned. */
  readonly pictures: readonly string[];
};

const keys: Keys<Panels> = { title: true, pictures: checkList };

/** Matches the opening tag of a document, with its height in its own units. */
const opening = new RegExp(`^<svg [^>]*viewBox="0 0 ${pageWidth} (\\d+)"[^>]*>`);

/**
 * A self-contained SVG document.
 *
 * @throws RangeError when there is no picture, or one is none of this package; TypeError for an unknown key
 */
export const panels = (config: Panels): string => {
  const { title, pictures } = checkConfig("panels", config, keys);
  const head = heading(title);
  let top = head.bottom;
  const parts = pictures.map((picture, index) => {
    const tall = opening.exec(picture)?.[1];
    check(tall !== undefined, `panels: pictures[${index}] must be a picture of this package`, picture, "string");
    const at = `<svg y="${top}" width="${pageWidth}" height="${tall}" viewBox="0 0 ${pageWidth} ${tall}">`;
    top += Number(tall);
    // All documents have the same style rules: one copy is enough.
    return picture
      .replace(opening, at)
      .replace(/<style>.*<\/style>\n/, "")
      .trimEnd();
  });
  return svgDocument({ height: top, title }, [...head.parts, ...parts]);
};

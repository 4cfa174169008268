/** The attention of one layer over the prompt's beginning, drawn when it is asked for. */
import { heatMap } from "@ropewalk/charts";
import { el, field } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { picture } from "../page/pictures.ts";
import { strings } from "../page/strings.ts";

export const attentionPart = (page: Page): HTMLElement => {
  const { attention } = strings;
  const layer = el("input", { type: "number", min: "0", value: "0" });
  const drawn = picture("attention", attention.label, page.fail);
  const button = el("button", { type: "button" }, attention.show);
  page.onModel(() => (layer.max = String(page.opened()!.source.decoder.numLayers - 1)));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const model = await page.model("extended");
      const ids = model.text!.encode(page.setting().prompt).slice(0, 256);
      const which = Math.max(0, Math.min(Number(layer.max), Math.floor(Number(layer.value) || 0)));
      const [found] = await model.attentions(ids, { what: "maps", layers: [which] });
      const [heads, size] = [found!.dims[0]!, ids.length];
      const values = Array.from({ length: size * size }, (_, at) => {
        let sum = 0;
        for (let head = 0; head < heads; head++) sum += found!.data[head * size * size + at]!;
        return at % size > Math.floor(at / size) ? Number.NaN : sum / heads;
      });
      const title = attention.title(which);
      const axes = { across: attention.across, down: attention.down, colour: attention.colour };
      const svg = heatMap({ title, rows: size, columns: size, values, ...axes });
      await drawn.show(svg, title, { layer: which, size, values });
    } catch (error) {
      page.fail(error);
    } finally {
      button.disabled = false;
    }
  });
  return el(
    "details",
    {},
    el("summary", {}, attention.label),
    el("p", { className: "about" }, attention.about),
    el("div", { className: "inline" }, field(attention.layer, layer), button),
    drawn.element,
    drawn.buttons,
  );
};

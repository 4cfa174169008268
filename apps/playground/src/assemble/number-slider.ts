/** A slider for one number of the chosen methods. It is hidden while none of them has that number. */
import { el, field } from "../page/dom.ts";
import { count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { limits, numbersOf, type NumberName } from "../setting/methods.ts";
import { numbersFor } from "../setting/setting.ts";

export const slider = (page: Page, name: NumberName): HTMLElement => {
  const output = el("output", {});
  const input = el("input", { type: "range" });
  const element = field(strings.numbers[name], input, output);
  element.classList.add("slider");
  input.addEventListener("input", () =>
    page.change({ numbers: { ...page.setting().numbers, [name]: Number(input.value) } }),
  );
  page.onChange(() => {
    const trained = page.opened()?.source.decoder.trainedContext ?? 512;
    const { least, most } = limits[name](trained);
    element.hidden = !numbersOf(page.setting()).includes(name);
    Object.assign(input, { min: String(least), max: String(most) });
    input.value = String(numbersFor(page.setting(), trained)[name]);
    output.textContent = count(Number(input.value));
  });
  return element;
};

/** The left column: the model, the method and its numbers, the backend, and what these choices result in. */
import { el, field, option } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { entropyScalings, limits, methods, ropeScalings, type NumberName } from "../setting/methods.ts";
import { attentionPart } from "./attention-map.ts";
import { resultPart } from "./capacity-and-matrix.ts";
import { backendPart } from "./choose-backend.ts";
import { modelPart } from "./choose-model.ts";
import { slider } from "./number-slider.ts";
import { codePart } from "./pipeline-as-code.ts";

const choice = (
  rows: Readonly<Record<string, { readonly label: string }>>,
  value: string,
  change: (value: string) => void,
): HTMLSelectElement => {
  const select = el("select", {}, ...Object.entries(rows).map(([name, { label }]) => option(name, label)));
  select.value = value;
  select.addEventListener("change", () => change(select.value));
  return select;
};

export const assemblePart = (page: Page): readonly HTMLElement[] => {
  const { method, rope, entropy } = page.setting();
  return [
    modelPart(page),
    field(
      strings.method.label,
      choice(methods, method, (value) => page.change({ method: value })),
    ),
    el("div", {}, ...(Object.keys(limits) as NumberName[]).map((name) => slider(page, name))),
    el(
      "div",
      { className: "pair" },
      field(
        strings.method.rope,
        choice(ropeScalings, rope, (value) => page.change({ rope: value })),
      ),
      field(
        strings.method.entropy,
        choice(entropyScalings, entropy, (value) => page.change({ entropy: value })),
      ),
    ),
    backendPart(page),
    resultPart(page),
    attentionPart(page),
    codePart(page),
  ];
};

/** A picture of a model's layers: the window of each, the share of a head that rotates, and, after depth up-scaling, which layer it copies. */
import type { SourceFacts } from "@ropewalk/generation/worker";
import { el } from "../page/dom.ts";
import { presets, upscaledFrom } from "../model/presets/configs.ts";
import { strings } from "../page/strings.ts";

const mostLayers = 24;

export const anatomy = ({ name, decoder }: SourceFacts): HTMLElement => {
  const preset = presets.find((each) => each.name === name);
  const from = preset?.upscaled && upscaledFrom(preset.upscaled);
  const layers = Array.from({ length: Math.min(mostLayers, decoder.numLayers) }, (_, index) => {
    const kind = decoder.attention?.[index] ?? decoder;
    const rotates = kind.rope === undefined ? 0 : kind.rope.rotaryDim / decoder.headDim;
    const slides = kind.slidingWindow;
    const bar = el("meter", { min: 0, max: 1, value: rotates, "aria-hidden": "true" });
    const words = [
      from === undefined ? strings.model.layer(index) : strings.model.layer(from[index]!),
      ...(slides === undefined ? [] : [strings.model.slides(slides)]),
    ];
    const copy = from !== undefined && index >= from.length / 2 ? "layer second" : "layer";
    return el("li", { className: copy }, el("span", {}, words.join(", ")), bar);
  });
  const parts = preset && strings.model.parts[preset.name];
  return el(
    "figure",
    { className: "anatomy" },
    el("ol", { "aria-label": strings.model.anatomy(name) }, ...layers),
    el("figcaption", {}, `${parts === undefined ? "" : `${parts} `}${strings.model.bar}`),
  );
};

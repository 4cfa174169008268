/** Decoded tokens per second against the context: a panel for each precision, a curve for each engine. */
import { curves, panels } from "@ropewalk/charts";
import { speed, type Sample } from "./measure.ts";

/** The names of all engines, those of most panels first: an engine has the same colour in every panel. */
const namesOf = (samples: readonly Sample[]): readonly string[] => {
  const panelsOf = (name: string): number =>
    new Set(samples.filter((sample) => sample.name === name).map(({ precision }) => precision)).size;
  return [...new Set(samples.map(({ name }) => name))].toSorted((a, b) => panelsOf(b) - panelsOf(a));
};

const panelOf = (title: string, names: readonly string[], samples: readonly Sample[]): string =>
  curves({
    title,
    across: "context",
    up: "tokens per second",
    logarithmic: true,
    dots: true,
    within: [0],
    curves: names.flatMap((name) => {
      const own = samples.filter((sample) => sample.name === name);
      if (own.length === 0) return [];
      return [{ name, points: own.map((sample) => ({ x: sample.context, y: speed("decodeStep", sample) })) }];
    }),
  });

export const speedPicture = (samples: readonly Sample[]): string => {
  const names = namesOf(samples);
  return panels({
    title: "decoding, by the median step",
    pictures: [...new Set(samples.map(({ precision }) => precision))].map((precision) =>
      panelOf(
        precision,
        names,
        samples.filter((sample) => sample.precision === precision),
      ),
    ),
  });
};

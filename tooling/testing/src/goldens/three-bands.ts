/** A mapping that nobody ships: exact up to `window`, groups up to `window2`, larger groups beyond. */
import { nearBand } from "@ropewalk/position-mapping/bands";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";

const grouped =
  (size: number) =>
  (token: number): number =>
    Math.floor(token / size);

/** Each band goes on where the one before it ends, as one writes it who has the published packages alone. */
export const threeBands = (numbers: Readonly<Record<string, number>>): PositionScheme => {
  const { window, window2, groupSize, groupSize2 } = numbers as Record<string, number> as {
    [name in "window" | "window2" | "groupSize" | "groupSize2"]: number;
  };
  const [middle, outer] = [grouped(groupSize), grouped(groupSize2)];
  const shift = window - middle(window);
  const shift2 = middle(window2) + shift - outer(window2);
  return {
    kind: "custom",
    name: "three bands",
    window,
    capacity: () => Infinity,
    remedy: () => "nothing would fit",
    bands: [
      nearBand(window),
      { from: window, to: window2, query: (i) => middle(i) + shift, key: middle },
      { from: window2, to: Infinity, query: (i) => outer(i) + shift2, key: outer },
    ],
  };
};

/** What a kernel is told of a chunk opens the same pairs, in the same bands, as the masks do. */
import {
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
  type ExtendedGroup,
} from "@ropewalk/context-extension";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  cacheLayout,
  chunkMasks,
  chunkRanges,
  decoderInputs,
  extendDecoder,
  farFrom,
  longestChunk,
  ringSlots,
} from "../src/index.ts";
import { decoder } from "./small-decoder.ts";

const extensions: fc.Arbitrary<ContextExtension> = fc.oneof(
  fc.constant({}),
  fc.integer({ min: 1, max: 30 }).map((window) => slidingWindow({ window })),
  fc.integer({ min: 1, max: 30 }).map((window) => reRope({ window })),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 8 }))
    .map(([groupSize, groups]) => selfExtend({ groupSize, window: groupSize * groups })),
  fc.integer({ min: 3, max: 12 }).map((chunkSize) => withPositions({ kind: "dual-chunk", chunkSize, localSize: 1 })),
);

type Pair = string;
const pair = (row: number, token: number, band: number): Pair => `${row} sees ${token} in ${band}`;

/** The token of a slot, where the part has one. */
type Slots = (slot: number) => number | undefined;

const slotsOf = (group: ExtendedGroup, kind: string, back: number, start: number, settled: number): Slots => {
  const path = group.attentionPath;
  if (kind === "tail") return (slot) => (settled + slot < farFrom(path, start) ? settled + slot : undefined);
  if (kind === "ring") {
    const slots = ringSlots(path);
    return (slot) => {
      const token = start - 1 - ((((start - 1 - slot) % slots) + slots) % slots);
      return token >= 0 ? token : undefined;
    };
  }
  const { chunkLen } = path as Extract<ExtendedGroup["attentionPath"], { kind: "chunked" }>;
  const first = (Math.floor(start / chunkLen) - back) * chunkLen;
  return (slot) => (first >= 0 && first + slot < start && slot < chunkLen ? first + slot : undefined);
};

it("ranges and windows open the pairs that masks open", () => {
  fc.assert(
    fc.property(
      extensions,
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (extension, start, asked, share) => {
        const extended = extendDecoder(decoder, extension);
        const [group] = extended.groups as readonly [ExtendedGroup];
        const path = group.attentionPath;
        const length = Math.min(asked, longestChunk(path, start));
        const layout = cacheLayout(extended, 0);
        const hasFar = layout.stretches.some(({ kind }) => kind === "settled");
        const settled = hasFar ? Math.floor(share * farFrom(path, start)) : 0;
        const chunk = { start, length };
        const width = 128;
        const masks = chunkMasks(0, path, chunk, { settled, keys: () => width });
        const byMasks = new Set<Pair>();
        const open = (name: string, band: number, columns: number, tokenOf: Slots): void => {
          for (let row = 0; row < length; row++)
            for (let slot = 0; slot < columns; slot++)
              if (masks[name]!.data[row * masks[name]!.dims[1]! + slot] === 0)
                byMasks.add(pair(row, tokenOf(slot)!, band));
        };
        for (const { kind, back, seen } of layout.stretches)
          if (seen.kind === "by-all")
            for (let row = 0; row < length; row++)
              for (let token = 0; token < settled; token++) byMasks.add(pair(row, token, seen.band));
          else
            for (const { mask, band } of seen.bands)
              open(mask, band, width, slotsOf(group, kind, back, start, settled));
        for (const { mask, band } of layout.own) open(mask, band, length, (slot) => start + slot);

        const { dims, data } = chunkRanges(0, layout, path, chunk, { settled })[decoderInputs.partRanges(0)]!;
        expect(dims).toEqual([layout.stretches.length + 1, 3]);
        const bands = [
          ...layout.stretches.map(({ seen }) =>
            seen.kind === "by-all" ? [seen.band] : seen.bands.map(({ band }) => band),
          ),
          layout.own.map(({ band }) => band),
        ];
        const byRanges = new Set<Pair>();
        bands.forEach(([near, far], part) => {
          const [from, to, window] = data.subarray(3 * part, 3 * part + 3) as unknown as [number, number, number];
          for (let row = 0; row < length; row++)
            for (let token = from; token < to && token <= start + row; token++) {
              const isNear = window === 0 || start + row - token < window;
              const band = isNear ? near : far;
              if (band !== undefined) byRanges.add(pair(row, token, band));
            }
        });
        expect([...byRanges].toSorted()).toEqual([...byMasks].toSorted());
      },
    ),
  );
});

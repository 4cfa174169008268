/** Writes a checkpoint's computed files to a disk, from which they are memory-mapped, for Node. */
import { tmpdir } from "node:os";
import type { WeightSource } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isComputed, type HeldCheckpoint } from "../checkpoint/computed-files.ts";
import { readStored, type StoredPlace } from "../checkpoint/stored-bytes.ts";
import { denseNames, matricesInBlocks } from "../quantize/matrices.ts";
import { newFolder } from "./new-folder.ts";
import { fileIn } from "./open-folder.ts";
import { ownFolder } from "./own-folder.ts";

const together = "weights.bin";

/** Bytes that are written: a computed file, or a dense tensor of another file. */
type Piece = { readonly at: string; readonly size: number; readonly parts: () => AsyncIterable<Uint8Array> };

const keyOf = ({ location, offset }: StoredPlace): string => `${offset} ${location}`;

/** Bytes of a dense tensor that are copied at once: more only take memory. */
const copiedAtOnce = 2 ** 22;

const copied = async function* (
  checkpoint: Checkpoint,
  { location, offset, length }: StoredPlace,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < length; at += copiedAtOnce)
    yield await readStored(checkpoint, {
      location,
      offset: offset + at,
      length: Math.min(copiedAtOnce, length - at),
    });
};

/** The computed files, and the dense tensors beside them: a runtime maps files of one folder alone. */
const piecesOf = (checkpoint: Checkpoint): readonly Piece[] => {
  const computed = checkpoint.files.filter(isComputed);
  const names = new Set(computed.map(({ external }) => external.file));
  const inBlocks = matricesInBlocks(checkpoint);
  const dense = denseNames(checkpoint.decoder, inBlocks)
    .map((name) => checkpoint.locate(name))
    .filter(({ location }) => !names.has(location));
  return [
    ...computed.map(({ external, source, parts }) => ({ at: external.file, size: source.size, parts })),
    ...dense.map((place) => ({ at: keyOf(place), size: place.length, parts: () => copied(checkpoint, place) })),
  ];
};

/** Each piece begins at a multiple of this, in bytes. */
const alignment = 64;

const padded = (size: number): number => Math.ceil(size / alignment) * alignment;

/** Places of the pieces as places of the file that holds them all. */
const placesIn = (pieces: readonly Piece[], { locate, locateBlocks }: WeightSource): WeightSource => {
  const begins = new Map<string, number>();
  let end = 0;
  for (const { at, size } of pieces) {
    begins.set(at, end);
    end += padded(size);
  }
  const moved = <Place extends StoredPlace>(place: Place): Place => {
    const own = begins.get(keyOf(place));
    return { ...place, location: together, offset: own ?? begins.get(place.location)! + place.offset };
  };
  return {
    locate: (name) => moved(locate(name)),
    locateBlocks: (name) => {
      const blocks = locateBlocks?.(name);
      if (blocks === undefined) return undefined;
      const { elements, scales, offsets } = blocks;
      return {
        ...blocks,
        elements: moved(elements),
        scales: moved(scales),
        ...(offsets && { offsets: moved(offsets) }),
      };
    },
  };
};

const partsOf = async function* (
  pieces: readonly Piece[],
  onProgress: ((done: number, total: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const [index, { size, parts }] of pieces.entries()) {
    yield* parts();
    yield new Uint8Array(padded(size) - size);
    onProgress?.(index + 1, pieces.length);
  }
};

/**
 * Computes a checkpoint's files into one of a temporary folder, with its dense tensors beside them: memory holds a part of a tensor at a time. The folder is removed when the process ends, if it
 * was not removed before.
 *
 * @param onProgress - called after each tensor
 * @returns the checkpoint, and a function that removes the folder, to be called when no session reads it any more
 */
export const holdOnDisk = async (
  checkpoint: Checkpoint,
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly checkpoint: HeldCheckpoint; readonly path: string; readonly remove: () => Promise<void> }> => {
  const pieces = piecesOf(checkpoint);
  const { path, remove } = await ownFolder(tmpdir(), "ropewalk-weights");
  try {
    await newFolder("holdOnDisk", path).write(together, partsOf(pieces, onProgress));
    const file = (await fileIn("holdOnDisk", path, together))!;
    const held = { ...checkpoint, ...placesIn(pieces, checkpoint), files: [file] };
    return { checkpoint: held, path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
};

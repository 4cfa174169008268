/** The methods that `--method` and `--entropy` know: those of the library's table, and `none`. */
import type { ContextExtension, ModelContext } from "@ropewalk/context-extension";
import {
  entropyMethods,
  makeExtension,
  positionMethods,
  ropeMethods,
  type EntropyMethod,
  type Method as LibraryMethod,
  type MethodRun,
  type PositionMethod,
  type RopeMethod,
} from "@ropewalk/context-extension/methods";
import { InvalidArgumentError } from "commander";

export type Asked = MethodRun & Pick<ModelContext, "statedPositions">;

export type MethodRow = Omit<LibraryMethod, "label" | "call"> & {
  readonly extension: (asked: Asked) => ContextExtension;
};

/** @throws InvalidArgumentError when a number is given that YaRN would not read beside the others */
const checkYarn = ({ attentionFactor, mscale, mscaleAllDim }: Asked): void => {
  if ((mscale === undefined) !== (mscaleAllDim === undefined))
    throw new InvalidArgumentError(
      `--mscale and --mscale-all-dim must be given both or neither, got ${mscale ?? mscaleAllDim} alone`,
    );
  if (attentionFactor !== undefined && mscale !== undefined)
    throw new InvalidArgumentError(`--mscale is not read beside --attention-factor, got ${mscale}`);
};

const rowOf = ({ call, ...row }: LibraryMethod): MethodRow => ({
  ...row,
  extension: (asked) => makeExtension(call(asked)),
});

const rowsOf = <Name extends string>(table: Readonly<Record<Name, LibraryMethod>>): Readonly<Record<Name, MethodRow>> =>
  Object.fromEntries(Object.entries<LibraryMethod>(table).map(([name, method]) => [name, rowOf(method)])) as Readonly<
    Record<Name, MethodRow>
  >;

const yarn = rowOf(ropeMethods.yarn);

/** Which relative positions each pair gets, or how the frequencies are scaled. */
export type Method = "none" | PositionMethod | RopeMethod;

export const methods: Readonly<Record<Method, MethodRow>> = {
  none: { about: "the model as it is", reads: [], extension: () => ({}) },
  ...rowsOf(positionMethods),
  ...rowsOf(ropeMethods),
  yarn: {
    ...yarn,
    extension: (asked) => {
      checkYarn(asked);
      return yarn.extension(asked);
    },
  },
};

/** How queries scale with their position. */
export type Entropy = "none" | EntropyMethod;

export const entropies: Readonly<Record<Entropy, MethodRow>> = {
  none: { about: "not at all", reads: [], extension: () => ({}) },
  ...rowsOf(entropyMethods),
};

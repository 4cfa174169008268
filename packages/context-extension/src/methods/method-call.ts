/** A call of a constructor as data: it can be run, and shown as code. */
import type { RopeScaling } from "@ropewalk/rope";
import type * as extension from "../extension.ts";
import {
  abf,
  compose,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  mrRope,
  ntkAware,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  yarnTemperature,
  type ContextExtension,
} from "../extension.ts";

export type Constructor = keyof typeof extension;

export type MethodCall = { readonly make: Constructor; readonly config: object };

const constructors: Readonly<Record<Constructor, (config: never) => ContextExtension>> = {
  abf,
  compose,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  mrRope,
  ntkAware,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  yarnTemperature,
};

/** The call of a constructor, with a configuration that the constructor takes. */
export const callOf = <Name extends Constructor>(
  make: Name,
  config: Parameters<(typeof extension)[Name]>[0] & object,
): MethodCall => ({ make, config });

/** The call for a rope scaling that has no constructor: the scaling as it is. */
export const ropeCall = (rope: RopeScaling): MethodCall => ({ make: "compose", config: { rope } });

/**
 * The extension that a call makes.
 *
 * @throws as the constructor does
 */
export const makeExtension = ({ make, config }: MethodCall): ContextExtension => constructors[make](config as never);

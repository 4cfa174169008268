/** Tries a rope scaling before a model is known, so that a wrong kind or number is an error where it is written. */
import { show } from "@ropewalk/check";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";

/** A rotaryDim on which a scaling can be tried: LongRoPE has a factor for each pair. */
const anyRotaryDim = (scaling: RopeScaling): number =>
  scaling.kind === "longrope" && Array.isArray(scaling.shortFactor) ? 2 * scaling.shortFactor.length || 2 : 2;

/**
 * @param rotaryDim - of the model, if it is known: the lengths of LongRoPE's lists depend on it
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const tryScaling = (scaling: RopeScaling, rotaryDim: number = anyRotaryDim(scaling)): void => {
  ropeFrequencies({ rotaryDim, theta: 10_000, scaling });
};

const anyFrequencies = { inverseFrequencies: [1], attentionScale: 1 };

/**
 * The rule for the scaling of an extension that a caller wrote. The caller's own frequencies are asked for with a model alone.
 *
 * @param name - the scaling's; empty where its numbers stand by themselves
 */
export const checkScaling = (where: string, name: string, value: unknown): void => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${where}: ${name} must be an object with a kind, got ${show(value)}`);
  const scaling = value as RopeScaling;
  try {
    tryScaling(
      scaling.kind === "custom" && typeof scaling.frequencies === "function"
        ? { ...scaling, frequencies: () => anyFrequencies }
        : scaling,
    );
  } catch (error) {
    const { message } = error as Error;
    const Class = error instanceof TypeError ? TypeError : RangeError;
    const place = (start: string): string => (start.endsWith("scaling") ? name : name && `${name}.`);
    throw new Class(
      message.replace(/^ropeFrequencies: (?:scaling\b)?/, (start) => `${where}: ${place(start)}`),
      {
        cause: error,
      },
    );
  }
};

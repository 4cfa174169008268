/** Wraps the functions of a user's module, so that their errors name the module and the function. */
import { show, withoutControls } from "@ropewalk/check";

/** The message of what was thrown. */
export const wordsOf = (error: unknown): string =>
  withoutControls(error instanceof Error ? error.message : show(error));

export type NamedFunctions = {
  /** The value with its functions wrapped. A function that occurs twice is wrapped once, since bands may share the key's function. */
  readonly of: (value: unknown) => unknown;
  /** Whether an error came from a wrapped function. Its message is complete. */
  readonly threw: (error: unknown) => boolean;
};

type Function = (this: unknown, ...args: unknown[]) => unknown;

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

export const namedFunctions = (where: string): NamedFunctions => {
  const errors = new WeakSet();
  const known = new Map<Function, Function>();

  const guarded = (own: Function, at: string): Function => {
    const guard: Function = function (...args) {
      try {
        return own.apply(this, args);
      } catch (error) {
        const said = new Error(`${where}: ${at} must not throw, got ${wordsOf(error)}`, { cause: error });
        errors.add(said);
        throw said;
      }
    };
    // Messages show a function by its name, so the wrapper keeps the name.
    return Object.defineProperty(guard, "name", { value: own.name });
  };

  const within = (value: unknown, at: string): unknown => {
    if (typeof value === "function") {
      const own = value as Function;
      const there = known.get(own) ?? guarded(own, at);
      known.set(own, there);
      return there;
    }
    if (Array.isArray(value)) return value.map((item, index) => within(item, `${at}[${index}]`));
    if (!isPlain(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, within(field, at === "" ? name : `${at}.${name}`)]),
    );
  };

  return {
    of: (value) => (typeof value === "function" ? value : within(value, "")),
    threw: (error) => typeof error === "object" && error !== null && errors.has(error),
  };
};

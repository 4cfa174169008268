/**
 * Errors about models, configs and options. Code behind the public functions does not know which of them was called. So it throws a
 * refusal, an error without a function's name, and the public function puts its own name in front.
 */
import { show, withoutControls } from "@ropewalk/check";

const refusal = Symbol("refusal");

type ErrorClass = typeof RangeError | typeof TypeError;

/** Names that come from a file may be long. */
const longestMessage = 2000;

/** A refusal's message has no control characters: a terminal would obey those that a file's names hold. */
const refusalOf = (Class: ErrorClass, message: string): Error => {
  const cut = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
  return new Class(withoutControls(cut), { cause: refusal });
};

/** Throws a refusal. The message names the node or the argument, the rule, and the value that was got. */
export const refuse = (message: string): never => {
  throw refusalOf(RangeError, message);
};

/** Refuses with `<rule>, got <got>` unless the rule holds. `got` is a value, or text that describes it. */
export const check: (holds: boolean, rule: string, got: unknown) => asserts holds = (holds, rule, got) => {
  if (!holds) refuse(`${rule}, got ${typeof got === "string" ? got : show(got)}`);
};

/** Runs a reader of another package. A TypeError or RangeError that it throws becomes a refusal of the same class. */
export const asRefusals = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      throw refusalOf(error instanceof TypeError ? TypeError : RangeError, error.message);
    throw error;
  }
};

/** Throws an error again: a refusal with the public function's name in front, any other error unchanged. */
export const throwInNameOf = (name: string, error: unknown): never => {
  const Class = error instanceof TypeError ? TypeError : RangeError;
  if (error instanceof Error && error.cause === refusal) throw new Class(`${name}: ${error.message}`);
  throw error;
};

/** Runs the body of a public function, whose name goes in front of refusals. */
export const inNameOf = <T>(name: string, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    return throwInNameOf(name, error);
  }
};

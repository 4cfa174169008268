/** A call of a constructor as data: it can be run, and shown as code. */
import { checkKeys, oneOf } from "@ropewalk/check";
import type { RopeScaling } from "@ropewalk/rope";
import * as constructors from "../extension.ts";
import type { ContextExtension } from "../extension.ts";

export type Constructor = keyof typeof constructors;

type AnyConstructor = (config: never) => ContextExtension;

/** The constructors by name. The file `extension.ts` exports nothing else, so they need no second list. */
const byName: ReadonlyMap<string, AnyConstructor> = new Map(Object.entries<AnyConstructor>(constructors));

export type MethodCall = { readonly make: Constructor; readonly config: object };

/** The call of a constructor, with a configuration that the constructor takes. */
export const callOf = <Name extends Constructor>(
  make: Name,
  config: Parameters<(typeof constructors)[Name]>[0] & object,
): MethodCall => ({ make, config });

/** The call for a rope scaling that has no constructor: the scaling as it is. */
export const ropeCall = (rope: RopeScaling): MethodCall => ({ make: "compose", config: { rope } });

/**
 * The extension that a call makes.
 *
 * @throws TypeError for an unknown key and RangeError for an unknown constructor; whatever the constructor throws
 */
export const makeExtension = (call: MethodCall): ContextExtension => {
  const { make, config } = checkKeys<MethodCall>("makeExtension", "call", call, {
    make: oneOf([...byName.keys()] as Constructor[]),
    config: true,
  });
  return byName.get(make)!(config as never);
};

/** Methods by name, for programs whose users choose one. They have an entry of their own, because most code calls a constructor. */
export { makeExtension, type MethodCall } from "./methods/method-call.ts";
export type { Method, MethodNumberName, MethodNumbers, MethodRun } from "./methods/method.ts";
export {
  entropyMethods,
  positionMethods,
  ropeMethods,
  type EntropyMethod,
  type PositionMethod,
  type RopeMethod,
} from "./methods/table.ts";

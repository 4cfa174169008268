/** Checks what the `call` of a method is given: the run for which the constructor's numbers are chosen. */
import { aboveZero, positive, show } from "@ropewalk/check";
import type { Method, MethodRun } from "./method.ts";

const checkRun = (where: string, { needs = [] }: Method, run: MethodRun): void => {
  if (typeof run !== "object" || run === null)
    throw new TypeError(
      `${where}: run must be an object with trainedContext and length, and the numbers of the method, got ${show(run)}`,
    );
  positive(where, "trainedContext", run.trainedContext);
  aboveZero(where, "length", run.length);
  const missing = needs.find((name) => run[name] === undefined);
  if (missing !== undefined) throw new TypeError(`${where}: ${missing} must be given, got nothing`);
};

/** The same methods, with calls that check their run. */
export const withCheckedCalls = <Name extends string>(
  table: string,
  methods: Readonly<Record<Name, Method>>,
): Readonly<Record<Name, Method>> =>
  Object.fromEntries(
    Object.entries<Method>(methods).map(([name, method]) => [
      name,
      {
        ...method,
        call: (run: MethodRun) => {
          checkRun(`${table}["${name}"].call`, method, run);
          return method.call(run);
        },
      },
    ]),
  ) as Readonly<Record<Name, Method>>;

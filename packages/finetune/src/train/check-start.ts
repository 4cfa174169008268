/** Checks the state that a run starts from: its parameters must have the wanted shapes, with both means, all at the same step. */
import { sizeOf } from "@ropewalk/backend";
import { check, checkArray, checkInteger, checkKeys, showName } from "@ropewalk/check";
import type { TrainState } from "./train.ts";

const textOf = (dims: readonly number[] | undefined): string | undefined => dims && `[${dims.join(", ")}]`;

/**
 * @param wanted - the shapes of the learned parameters, by name
 * @throws RangeError and TypeError naming a parameter that is missing, has another shape or step, or is not learned
 */
export const checkStart = (
  where: string,
  start: TrainState,
  wanted: Readonly<Record<string, readonly number[]>>,
  steps: number,
): void => {
  checkKeys<TrainState>(where, "start", start, { step: true, parameters: true, optimizer: true });
  const { step, parameters, optimizer } = start;
  checkInteger(where, "start.step", step, 0, steps);
  checkKeys<TrainState["optimizer"]>(where, "start.optimizer", optimizer, { step: true, means: true });
  check(optimizer.step === step, `${where}: start.optimizer.step must be start.step ${step}`, optimizer.step, "number");
  for (const [name, all] of Object.entries({ parameters, "optimizer.means": optimizer.means }))
    check(typeof all === "object" && all !== null, `${where}: start.${name} must be an object`, all, "object");
  for (const [name, dims] of Object.entries(wanted)) {
    const shown = showName(name);
    const parameter = parameters[name];
    const shape = textOf(dims);
    check(
      textOf(parameter?.dims) === shape,
      `${where}: start.parameters["${shown}"] must be ${shape}`,
      textOf(parameter?.dims),
    );
    const size = sizeOf(dims);
    checkArray(where, `start.parameters["${shown}"].data`, parameter!.data, "Float32Array", size);
    for (const mean of ["first", "second"] as const)
      checkArray(
        where,
        `start.optimizer.means["${shown}"].${mean}`,
        optimizer.means[name]?.[mean],
        "Float32Array",
        size,
      );
  }
  const beyond = Object.keys(parameters).find((name) => !Object.hasOwn(wanted, name));
  check(beyond === undefined, `${where}: start.parameters must be those that are learned`, beyond);
};

/** Checks tasks that users wrote, and names them in the errors that they throw. */
import { check, checkFunction, checkKeys, positive, withoutControls } from "@ropewalk/check";
import type { Task } from "./task.ts";

/**
 * Checks that a value is a task.
 *
 * @returns the value
 * @throws TypeError for a field that is missing, unknown or of a wrong type; RangeError for a number out of range
 */
export const checkTask = (where: string, value: unknown): Task => {
  return checkKeys<Task>(where, "task", value as Task, {
    name: (_, name, given) => {
      check(typeof given === "string", `${where}: ${name} must be text`, given, "string");
      check(given !== "", `${where}: ${name} must be at least 1 character`, given);
    },
    maxNewTokens: positive,
    samples: checkFunction,
    score: checkFunction,
  });
};

/**
 * The checked task, whose errors say which task threw them, and where.
 *
 * @param where - stands before every message
 * @throws as `checkTask` does
 */
export const ownTask = (where: string, value: unknown): Task => {
  const task = checkTask(where, value);
  const threw = (name: string, error: unknown): Error => {
    const words = withoutControls(error instanceof Error ? error.message : String(error));
    return new Error(`${where}: ${name} must not throw, got ${words}`, { cause: error });
  };
  return {
    name: task.name,
    maxNewTokens: task.maxNewTokens,
    samples: async (place) => {
      try {
        return await task.samples(place);
      } catch (error) {
        throw threw("samples", error);
      }
    },
    score: (answer, sample) => {
      try {
        return task.score(answer, sample);
      } catch (error) {
        throw threw("score", error);
      }
    },
  };
};

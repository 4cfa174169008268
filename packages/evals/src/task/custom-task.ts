/** A task that somebody else wrote: checked, and named where it throws. */
import { check, checkFunction, checkKeys, positive, withoutControls } from "@ropewalk/check";
import type { Task } from "./task.ts";

/**
 * Checks that a value is a task, of whoever's making.
 *
 * @returns the value
 * @throws TypeError for what is missing, of a wrong type, or one field too many; RangeError for a number out of range
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
 * A task that says where it comes from when it throws: its own words alone name neither.
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

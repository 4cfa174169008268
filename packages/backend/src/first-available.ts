/** Chooses the first of several backends that can run here. Nothing else in the project falls back to another backend. */
import { checkFunction, show } from "@ropewalk/check";
import type { Backend } from "./backend.ts";

const inWords = ({ name, precision }: Backend): string => (precision === "float32" ? name : `${name} in ${precision}`);

/**
 * The first backend that can run here. Later backends are not asked.
 *
 * @param backends - the backends to choose from, in order of preference
 * @param onNotice - called once with the chosen backend's name and the reasons against those before it
 * @throws TypeError when an element is not a backend; RangeError for an empty list; Error that names each backend and its reason when
 *   none can run
 */
export const firstAvailable = async (
  backends: readonly Backend[],
  onNotice: (text: string) => void,
): Promise<Backend> => {
  if (!Array.isArray(backends)) throw new TypeError(`firstAvailable: backends must be an array, got ${show(backends)}`);
  backends.forEach((backend: Backend, index) => {
    const holds = typeof (backend as Backend | undefined)?.unavailable === "function";
    const hint =
      typeof backend === "function"
        ? `; it must be called, as in ${(backend as { readonly name: string }).name}()`
        : "";
    if (!holds)
      throw new TypeError(`firstAvailable: backends[${index}] must be a backend, got ${show(backend)}${hint}`);
  });
  checkFunction("firstAvailable", "onNotice", onNotice);
  if (backends.length === 0) throw new RangeError("firstAvailable: backends must hold at least 1, got 0");
  const passedOver: string[] = [];
  for (const backend of backends) {
    const reason = await backend.unavailable();
    if (reason === undefined) {
      onNotice([`backend: ${inWords(backend)}`, ...passedOver].join("; "));
      return backend;
    }
    passedOver.push(`not ${inWords(backend)}: ${reason}`);
  }
  throw new Error(`firstAvailable: one of the backends must be able to run here, got ${passedOver.join("; ")}`);
};

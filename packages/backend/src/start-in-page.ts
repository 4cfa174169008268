/**
 * Starts a runtime in a page before any weights are there. A runtime fetches its .wasm file when its first session is made; here this
 * is the session of a graph of one node, -x.
 */
import { reason } from "./runtime.ts";

const oneNode =
  "CAoSCHJvcGV3YWxrOjwKEQoBeBIBeRoEL05lZyIDTmVnEgVzdGFydFoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBU=";

type Fetched = { readonly name: string; readonly responseStatus?: number };

/** What the page fetched last of all .wasm files. A bundler may have given the runtime's file another name. */
const lastFetched = (file: string): Fetched | undefined => {
  const fetched = (performance.getEntriesByType("resource") as readonly Fetched[]).filter(({ name }) =>
    new URL(name).pathname.endsWith(".wasm"),
  );
  const [stem = ""] = file.split(".");
  return fetched.findLast(({ name }) => name.includes(stem)) ?? fetched.at(-1);
};

/**
 * @param where - the backend's name, for errors
 * @param file - the runtime's .wasm file, in onnxruntime-web's folder dist
 * @param create - makes a session of a model
 * @throws Error naming the file and the address at which it was looked for
 */
export const startInPage = async (
  where: string,
  file: string,
  create: (model: Uint8Array) => Promise<{ readonly release: () => Promise<void> }>,
): Promise<void> => {
  try {
    const session = await create(Uint8Array.from(atob(oneNode), (letter) => letter.charCodeAt(0)));
    await session.release();
  } catch (error) {
    const fetched = lastFetched(file);
    const address = fetched?.name ?? "the address of the page's script";
    const status = fetched?.responseStatus;
    throw new Error(
      `${where}: the runtime's file ${file} must be at ${address}, got ${status ? `status ${status}` : "no answer"} (${reason(error)}). ` +
        `esbuild does not copy it: put a copy of node_modules/onnxruntime-web/dist/${file} there`,
      { cause: error },
    );
  }
};

/** The model among files that were dropped or chosen: in a folder of its own, or in one among others. */
import { openFiles } from "@ropewalk/models";
import { strings } from "../page/strings.ts";
import { inPlace, type FileInPlace, type ModelOrigin } from "./model-origin.ts";

const isMark = ({ path }: FileInPlace): boolean => /(?:^|\/)config\.json$|\.(?:onnx|gguf)$/i.test(path);

const folderAround = ({ path }: FileInPlace): string => path.replace(/[^/]*$/, "");

/** The folder that lies in the fewest others, of those that something marks as a model's; "" is that of all files. */
const rootOf = (files: readonly FileInPlace[]): string => {
  const folders = files.filter(isMark).map(folderAround);
  if (folders.length === 0) throw new RangeError(strings.errors.noModel(files.length));
  const depth = (folder: string): number => folder.split("/").length;
  const least = Math.min(...folders.map(depth));
  const roots = [...new Set(folders.filter((folder) => depth(folder) === least))];
  if (roots.length > 1) throw new RangeError(strings.errors.severalModels(roots));
  return roots[0]!;
};

/**
 * The model among these files.
 *
 * @throws RangeError when the files hold no model, or more than one
 */
export const modelOf = (files: readonly FileInPlace[]): ModelOrigin => {
  const root = rootOf(files);
  const name = root.split("/").findLast((part) => part !== "") ?? "dropped";
  const inside = files
    .filter(({ path }) => path.startsWith(root))
    .map(({ path, file }) => ({ path: `${name}/${path.slice(root.length)}`, file }));
  return { kind: "files", name: openFiles(inside.map(inPlace)).name, files: inside };
};

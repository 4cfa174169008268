/** Fails when an import breaks the house's table, or when a package declares what it does not import or the reverse. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { house, type Room } from "./house.ts";
import { packageOf, sourceFiles, type SourceFile } from "./imports.ts";

type Manifest = {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};

const isOnnxFile = ({ path }: SourceFile): boolean => /\/src\/(onnx\.ts$|onnx\/)/.test(path);

/** What one room does that its row does not allow. */
export const violations = (
  name: string,
  room: Room,
  files: readonly SourceFile[],
  manifest: Manifest,
): readonly string[] => {
  const found: string[] = [];
  const used = new Set<string>();
  for (const file of files)
    for (const imported of file.imports) {
      const target = packageOf(imported);
      if (target === undefined) {
        if (!isOnnxFile(file) && /(^|\/)onnx(\/|\.ts$)/.test(imported))
          found.push(`${file.path}: only files behind ./onnx may import ${imported}`);
        continue;
      }
      used.add(target);
      const allowed = [...room.rooms, ...room.packages, ...(isOnnxFile(file) ? (room.roomsOfOnnx ?? []) : [])];
      if (!allowed.includes(target) && target !== name)
        found.push(
          `${file.path}: ${name} (floor ${room.floor}) may not import ${imported}; it may import ${allowed.join(", ") || "nothing"}`,
        );
    }
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const target of used)
    if (target !== "node:" && target !== name && !declared.includes(target))
      found.push(`${room.folder}/package.json: ${target} is imported and must be declared`);
  for (const target of declared)
    // An application carries the runtimes that its backends ask for as peers.
    if (!used.has(target) && !(room.floor === "apps" && target.startsWith("onnxruntime-")))
      found.push(`${room.folder}/package.json: ${target} is declared and never imported`);
  return found;
};

/** Every room of the table, and every folder that should be in it. */
export const checkLayering = (): readonly string[] => {
  const folders = [...globSync("packages/*"), ...globSync("apps/*")].filter((folder) =>
    existsSync(`${folder}/package.json`),
  );
  const unknown = folders
    .filter((folder) => !Object.values(house).some((room) => room.folder === folder))
    .map((folder) => `${folder}: not in the house's table`);
  const broken = Object.entries(house).flatMap(([name, room]) =>
    violations(
      name,
      room,
      sourceFiles(room.folder),
      JSON.parse(readFileSync(`${room.folder}/package.json`, "utf8")) as Manifest,
    ),
  );
  return [...unknown, ...broken];
};

if (import.meta.main) {
  const found = checkLayering();
  for (const violation of found) console.error(violation);
  console.log(`layering: ${Object.keys(house).length} rooms, ${found.length} violations`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

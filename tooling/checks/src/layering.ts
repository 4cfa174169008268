/**
 * Fails when an import breaks the house's table, when the table breaks its own floors, or when a package declares what it does not
 * import or the reverse.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { house, importsOfAllTests, insideOthers, namesTests, outsidePackages, tooling, type Room } from "./house.ts";
import { filesBelow, packageOf, type SourceFile } from "./imports.ts";

type House = Readonly<Record<string, Room>>;

type Manifest = {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};

const appsFloor = Math.max(...Object.values(house).map(({ floor }) => floor));

const isBehindOnnx = ({ path }: SourceFile): boolean => /\/src\/(onnx\.ts$|onnx\/)/.test(path);

/** Rows that allow what their floor does not: a room of the same floor or a higher one, or one that is not in the table. */
export const floorViolations = (rooms: House): readonly string[] => {
  const floorOf = (name: string): string => (name in rooms ? `floor ${rooms[name]!.floor}` : "no floor");
  return Object.entries(rooms).flatMap(([name, { floor, rooms: below, roomsOfOnnx = [] }]) =>
    [...below, ...roomsOfOnnx]
      .filter((other) => !((rooms[other]?.floor ?? Infinity) < floor))
      .map((other) => `${name} is on floor ${floor}: its row may not name ${other}, which is on ${floorOf(other)}`),
  );
};

/** Strings that name files within another package's `test/`, which only the table's places may. */
export const testPathViolations = (folder: string, files: readonly SourceFile[]): readonly string[] =>
  files
    .filter(({ path }) => !namesTests.some(({ from }) => path === from || path.startsWith(`${from}/`)))
    .flatMap(({ path, testPaths = [] }) =>
      testPaths
        .map((name) => (name.startsWith(".") ? posix.join(dirname(path), name) : name))
        .filter((target) => !target.startsWith(`${folder}/`))
        .map((target) => `${path}: ${target} is named in ${namesTests[0].from} alone`),
    );

/** Imports by a path that leads out of a package's folder, and all that lead into another's `test/`. */
export const pathViolations = (folder: string, files: readonly SourceFile[]): readonly string[] =>
  files.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith("."))
      .map((name) => posix.join(dirname(path), name))
      .filter((target) => !target.startsWith(`${folder}/`))
      .filter(
        (target) =>
          /\/test\//.test(target) ||
          !insideOthers.some(({ from, to }) => path.startsWith(`${from}/`) && target.startsWith(`${to}/`)),
      )
      .map((target) => `${path}: may not import ${target} by its path`),
  );

/** What a room's sources do that its row does not allow. */
export const violations = (
  name: string,
  room: Room,
  files: readonly SourceFile[],
  manifest: Manifest,
): readonly string[] => {
  const found: string[] = [];
  const used = new Set<string>();
  for (const { path, imports } of files)
    for (const imported of imports)
      if (imported.startsWith(".") && posix.join(dirname(path), imported).startsWith(`${room.folder}/test/`))
        found.push(`${path}: sources may not import ${imported}`);
  for (const file of files)
    for (const imported of file.imports) {
      const target = packageOf(imported);
      if (target === undefined) {
        if (!isBehindOnnx(file) && /(^|\/)onnx(\/|\.ts$)/.test(imported))
          found.push(`${file.path}: only files behind ./onnx may import ${imported}`);
        continue;
      }
      used.add(target);
      const allowed = [...room.rooms, ...room.packages, ...(isBehindOnnx(file) ? (room.roomsOfOnnx ?? []) : [])];
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
    if (!used.has(target) && !(room.floor === appsFloor && target.startsWith("onnxruntime-")))
      found.push(`${room.folder}/package.json: ${target} is declared and never imported`);
  return found;
};

const importViolations = (
  files: readonly SourceFile[],
  allows: (target: string) => boolean,
  by: string,
): readonly string[] =>
  files.flatMap(({ path, imports }) =>
    imports
      .filter((imported) => {
        const target = packageOf(imported);
        return target !== undefined && !allows(target);
      })
      .map((imported) => `${path}: ${by} may not import ${imported}`),
  );

/** What a room's tests do that neither its floor nor its row allows. */
export const testViolations = (name: string, room: Room, files: readonly SourceFile[]): readonly string[] => {
  const { rooms = [], packages = [] } = room.tests ?? {};
  const also = new Set([name, ...room.packages, ...importsOfAllTests, ...rooms, ...packages]);
  const allows = (target: string): boolean => also.has(target) || (house[target]?.floor ?? Infinity) < room.floor;
  return importViolations(files, allows, `tests of ${name} (floor ${room.floor})`);
};

/** What the files of a folder that is no room do that its row does not allow. */
export const toolingViolations = (
  folder: string,
  packages: readonly string[],
  files: readonly SourceFile[],
): readonly string[] => {
  const also = new Set(packages);
  const allows = (target: string): boolean => also.has(target) || (house[target]?.floor ?? Infinity) < appsFloor;
  return importViolations(files, allows, folder);
};

const foldersOfCode = (...patterns: readonly string[]): readonly string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern))
    .map((folder) => folder.replaceAll("\\", "/"))
    .filter((folder) => existsSync(`${folder}/package.json`) || filesBelow(folder).length > 0);

/** Every room of the table, every folder of tooling, the documentation, the examples, and every folder that should be in the table. */
export const checkLayering = (): readonly string[] => {
  const known = new Set([...Object.values(house).map(({ folder }) => folder), ...Object.keys(tooling)]);
  const unknown = foldersOfCode("packages/*", "apps/*", "tooling/*")
    .filter((folder) => !known.has(folder))
    .map((folder) => `${folder}: not in the house's table`);
  const rooms = Object.entries(house).flatMap(([name, room]) => {
    const files = filesBelow(room.folder);
    const sources = files.filter(({ path }) => path.startsWith(`${room.folder}/src/`));
    // What configures a room's tools stands beside its sources, and may import what its tests may.
    const tests = files.filter((file) => !sources.includes(file));
    const manifest = JSON.parse(readFileSync(`${room.folder}/package.json`, "utf8")) as Manifest;
    return [
      ...violations(name, room, sources, manifest),
      ...testViolations(name, room, tests),
      ...pathViolations(room.folder, files),
      ...testPathViolations(room.folder, files),
    ];
  });
  const tools = Object.entries(tooling).map(
    ([folder, packages]) => [folder, [...packages, ...importsOfAllTests]] as const,
  );
  const others = [...tools, ...Object.entries(outsidePackages)].flatMap(([folder, packages]) => {
    const files = filesBelow(folder);
    return [
      ...toolingViolations(folder, packages, files),
      ...pathViolations(folder, files),
      ...testPathViolations(folder, files),
    ];
  });
  return [...unknown, ...floorViolations(house), ...rooms, ...others];
};

if (import.meta.main) {
  const found = checkLayering();
  for (const violation of found) console.error(violation);
  const folders = Object.keys(house).length + Object.keys(tooling).length;
  console.log(`layering: ${folders} rooms and folders of tooling, ${found.length} violations`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

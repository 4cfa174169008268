/**
 * Fails where npm knows of a high or critical advisory for a package that is installed with a published one, and where the registry
 * does not answer. What development alone uses is not counted: it never reaches a user.
 */
import { execFile } from "node:child_process";
import { installedWith, lockedPackages, published, type Locked, type Manifest } from "./dependencies.ts";

/** The part of npm's report that is read. */
export type Report = {
  readonly vulnerabilities?: Readonly<
    Record<
      string,
      {
        readonly severity: string;
        readonly nodes: readonly string[];
        readonly via: readonly (string | { title?: string })[];
      }
    >
  >;
  readonly message?: string;
  readonly error?: { readonly summary?: string };
};

const grave: ReadonlySet<string> = new Set(["high", "critical"]);

/** Findings in a report, in words. */
export const findings = (
  packages: Readonly<Record<string, Manifest>>,
  locked: Locked,
  { vulnerabilities, message, error }: Report,
): readonly string[] => {
  if (vulnerabilities === undefined)
    return [`audit: the registry must answer audits, got ${error?.summary || message || "nothing"}`];
  const reach = Object.entries(packages).map(([folder, { name }]) => [name, installedWith(locked, folder)] as const);
  return Object.entries(vulnerabilities)
    .filter(([, { severity }]) => grave.has(severity))
    .flatMap(([name, { severity, nodes, via }]) => {
      const users = reach.filter(([, places]) => nodes.some((node) => places.has(node))).map(([user]) => user);
      const why = via.map((each) => (typeof each === "string" ? each : (each.title ?? ""))).join("; ");
      return users.length === 0 ? [] : [`${name}: ${severity}: ${why}; installed with ${users.join(", ")}`];
    });
};

/** npm ends with an error where it finds anything; its report is complete all the same. */
const ask = (): Promise<string> =>
  new Promise((resolve) => {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    execFile(
      npm,
      ["audit", "--json", "--package-lock-only"],
      { maxBuffer: 2 ** 28, shell: process.platform === "win32" },
      (_, stdout) => resolve(stdout),
    );
  });

if (import.meta.main) {
  const [packages, locked] = [published(), lockedPackages()];
  const found = findings(packages, locked, JSON.parse((await ask()) || "{}") as Report);
  for (const finding of found) console.error(finding);
  const places = new Set(Object.keys(packages).flatMap((folder) => [...installedWith(locked, folder)]));
  const outside = [...places].filter((place) => place.includes("node_modules/")).length;
  console.log(
    `audit: ${outside} packages behind ${Object.keys(packages).length} published ones, ${found.length} findings`,
  );
  process.exitCode = found.length > 0 ? 1 : 0;
}

/**
 * The site's content security policy, in each page of it: scripts of the site's own files, and those that the page itself holds, by their
 * hashes. Colours of highlighted code are attributes (`style="…"`), so these are allowed; sheets and elements of style are the site's own.
 *
 * https://www.w3.org/TR/CSP3/
 */
import { createHash } from "node:crypto";

const inlineScript = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const policyOf = (html: string): string => {
  const hashes = new Set([...html.matchAll(inlineScript)].map(([, text]) => hashOf(text!)));
  return [
    "default-src 'none'",
    `script-src 'self' ${[...hashes].join(" ")}`.trim(),
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
};

/** A built page with its policy, before anything that the policy is for. */
export const withPolicy = (html: string): string =>
  html.replace(
    /<meta charset="utf-8">/,
    (charset) => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policyOf(html)}">`,
  );

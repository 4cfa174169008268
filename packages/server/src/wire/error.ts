/** Errors in OpenAI's wire format: `{"error": {"message", "type", "param", "code"}}`, with a status. */
import { withoutControls } from "@ropewalk/check";

export type WireError = Error & {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;
};

type ErrorFields = {
  readonly type?: string;
  /** The field of the body that is wrong, such as `messages[0].content`. */
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The most characters of a message, which may quote the request. */
const longest = 600;

const shortened = (message: string): string => {
  const line = withoutControls(message);
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
};

export const wireError = (status: number, message: string, fields: ErrorFields = {}): WireError =>
  Object.assign(new Error(shortened(message)), {
    status,
    type: fields.type ?? (status >= 500 ? "server_error" : "invalid_request_error"),
    param: fields.param ?? null,
    code: fields.code ?? null,
    headers: fields.headers ?? {},
  });

export const isWireError = (error: unknown): error is WireError =>
  error instanceof Error && typeof (error as Partial<WireError>).status === "number" && "param" in error;

/** The public form of an error of the server itself. It hides the message, which may name paths. */
export const innerError = (): WireError =>
  wireError(500, "The server failed on this request; its log says why.", { code: "internal_error" });

export const errorBody = ({ message, type, param, code }: WireError): object => ({
  error: { message, type, param, code },
});

export const errorResponse = (error: WireError): Response =>
  Response.json(errorBody(error), { status: error.status, headers: error.headers });

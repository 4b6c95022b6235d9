/** What a request can end with, each with the HTTP status it becomes. Codes are documented in docs/errors.md. */
import { KaikuError } from '@kaiku/core';

export abstract class WebError extends KaikuError {
  abstract readonly status: number;
}

/** Nothing here, or nothing the person may see: both look the same on purpose. */
export class NotFoundError extends WebError {
  readonly code = 'WEB_NOT_FOUND';
  readonly status = 404;
}

/** Signed in, visible, but not theirs to do. */
export class ForbiddenError extends WebError {
  readonly code = 'WEB_FORBIDDEN';
  readonly status = 403;
}

/** The address or the form cannot be understood. */
export class BadRequestError extends WebError {
  readonly code = 'WEB_BAD_REQUEST';
  readonly status = 400;
}

/** Too many tries or too many open streams. */
export class BusyError extends WebError {
  readonly code = 'WEB_BUSY';
  readonly status = 429;
}

/** Stores or broker cannot be reached, so this cannot be shown or done now. */
export class UnavailableError extends WebError {
  readonly code = 'WEB_UNAVAILABLE';
  readonly status = 503;
}

/** The file with the key of the cookies cannot be used. */
export class SecretError extends KaikuError {
  readonly code = 'WEB_SECRET';
}

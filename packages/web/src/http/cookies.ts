/** Reads and writes cookies. All of ours are for this host only and sent with same-site requests only. */
import type { Request, Response } from 'express';

export function readCookie(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export interface CookieOptions {
  readonly seconds: number;
  readonly request: Request;
}

export function setCookie(response: Response, name: string, value: string, { seconds, request }: CookieOptions): void {
  response.cookie(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: request.secure,
    path: '/',
    maxAge: seconds * 1000,
    encode: String,
  });
}

export function clearCookie(response: Response, name: string): void {
  response.clearCookie(name, { httpOnly: true, sameSite: 'lax', path: '/' });
}

export const COOKIE = { session: 'kaiku_session', signIn: 'kaiku_signin', theme: 'kaiku_theme' } as const;

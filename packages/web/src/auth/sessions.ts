/**
 * Who a request comes from. The cookie is sealed (JWE, A256GCM) and holds only the user's name, a
 * version and a session id; role and agencies are looked up in the catalog each time, so a change
 * there, or a new password, takes effect at once.
 */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { User } from '@kaiku/catalog';
import { EncryptJWT, jwtDecrypt } from 'jose';
import type { Directory } from '../query/directory.ts';

const HOURS = 12;
export const SESSION_SECONDS = HOURS * 3600;

interface Session {
  readonly user: User;
  /** What every form of this session must carry. */
  readonly formToken: string;
}

export interface Sessions {
  /** A fresh cookie value. */
  seal(user: User): Promise<string>;
  /** undefined for a cookie that is damaged, too old, or of a user or password that is no more. */
  open(cookie: string | undefined, directory: Directory): Promise<Session | undefined>;
  /** Token of a form that belongs to an id: a session's, or the one-time id of the sign-in page. */
  formToken(id: string): string;
  checkFormToken(id: string, token: unknown): boolean;
}

/** Changes with the password: sessions of an old one end. */
function versionOf(user: User): string {
  return createHash('sha256').update(user.passwordHash).digest('base64url').slice(0, 16);
}

export function createSessions(key: Uint8Array): Sessions {
  const formKey = createHmac('sha256', key).update('form').digest();
  const formToken = (id: string): string => createHmac('sha256', formKey).update(id).digest('base64url');
  return {
    formToken,
    checkFormToken: (id, token) => {
      if (typeof token !== 'string') return false;
      const given = Buffer.from(token);
      const wanted = Buffer.from(formToken(id));
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    },
    seal: (user) =>
      new EncryptJWT({ ver: versionOf(user) })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setSubject(user.name)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${HOURS}h`)
        .encrypt(key),
    open: async (cookie, directory) => {
      if (cookie === undefined || cookie.length > 1024) return undefined;
      try {
        const { payload } = await jwtDecrypt(cookie, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        const user = directory.users.get(payload.sub ?? '');
        if (user === undefined || payload['ver'] !== versionOf(user) || payload.jti === undefined) return undefined;
        return { user, formToken: formToken(payload.jti) };
      } catch {
        return undefined;
      }
    },
  };
}

/** A regular expression in JavaScript's syntax (flag `u`), checked when the file is read. */
import { z } from 'zod';

export const pattern = z
  .string()
  .max(200)
  .refine((text) => {
    try {
      return new RegExp(text, 'u') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'must be a regular expression');

/** A name for people. */
import { z } from 'zod';

export const label = z.string().min(1).max(120);

/** Roles of API keys, each allowed everything that those before it are. */
export const ROLES = ['viewer', 'operator', 'integrator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** True for one of the roles. */
export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}

/** True where a key of `role` may do what needs `needed`. */
export function roleAllows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

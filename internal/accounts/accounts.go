// Package accounts tells who uses an app and what each may do: users with roles, their
// passwords, sessions and tokens, and signing in by OpenID Connect.
package accounts

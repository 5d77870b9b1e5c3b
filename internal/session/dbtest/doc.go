// Package dbtest is a real bastion and a real database on this machine, for
// tests: sshd and MariaDB in folders of their own, as the user of the test. A
// test is skipped where they are not installed.
package dbtest

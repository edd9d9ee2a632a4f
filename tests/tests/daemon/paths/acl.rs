//! Access control lists of files.

use std::path::Path;
use std::process::Command;

use smoker_tests::machine::skip::skip;

/// Adds an entry for a user to the permissions that a file has.
const ADD: &str = "import os, struct, sys\n\
    path, user, given = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n\
    mode, none = os.stat(path).st_mode, 0xffffffff\n\
    entries = [(1, mode >> 6 & 7, none), (2, given, user), (4, mode >> 3 & 7, none), (16, 7, none), (32, mode & 7, none)]\n\
    data = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)\n\
    os.setxattr(path, 'system.posix_acl_access', data)\n";

/// Lets one more user write a file or folder. Returns whether its file system can, and says so loudly when not.
pub(crate) fn let_write(path: &Path, user: u32) -> bool {
    give(path, user, 0o7)
}

/// Gives one more user these permissions of a file or folder, also none. Returns whether its file system can, and says so loudly when not.
pub(crate) fn give(path: &Path, user: u32, permissions: u32) -> bool {
    let entry = [user, permissions].map(|number| number.to_string());
    let added = Command::new("python3").args(["-I", "-c", ADD]).arg(path).args(entry).output();
    let can = added.is_ok_and(|output| output.status.success());
    if !can {
        skip("no test of access control lists", "run it where temporary folders are on a file system that has them");
    }
    can
}

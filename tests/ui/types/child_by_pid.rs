use otp::prelude::*;

fn main() {
    let tree = Supervisor::new(Strategy::OneForOne).start().unwrap();
    let pid: Pid = otp::self_pid();
    let _ = tree.terminate_child(pid);
}

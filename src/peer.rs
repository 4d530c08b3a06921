//! Owns who is at the other end of a connection, where the system tells: loopback is shared by all users of a machine.
//! It refuses to guess: a program that the system doesn't show is another user's.

use std::net::SocketAddr;

/// Tells whether a connection comes from a program of another user than this process's and root.
#[cfg(target_os = "linux")]
pub fn is_another_user(peer: SocketAddr, own: SocketAddr) -> bool {
    // the list may skip an entry while others come and go
    let found = (0..3).find_map(|_| {
        let lists = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].into_iter();
        lists.filter_map(|list| std::fs::read_to_string(list).ok()).find_map(|list| user_in(&list, peer, own))
    });
    found.is_none_or(|user| user != 0 && user != rustix::process::geteuid().as_raw())
}

/// Elsewhere nobody tells.
#[cfg(not(target_os = "linux"))]
pub fn is_another_user(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

/// Finds the user of the socket at `local` that is connected to `remote`: `sl local remote st queues tr retransmits uid …`
/// (proc_pid_net(5)).
#[cfg(any(test, target_os = "linux"))]
fn user_in(list: &str, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    list.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let ends = (address(fields.next()?)?, address(fields.next()?)?);
        (ends == (local, remote)).then(|| fields.nth(4)?.parse().ok())?
    })
}

/// Reads `0100007F:1F90`: words in the byte order of the machine, the port as a number; IPv4 within IPv6 is IPv4.
#[cfg(any(test, target_os = "linux"))]
fn address(text: &str) -> Option<SocketAddr> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words =
        (0..ip.len()).step_by(8).map(|at| Some(u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?.to_ne_bytes()));
    let bytes: Vec<u8> = words.collect::<Option<Vec<[u8; 4]>>>()?.concat();
    let ip = match bytes.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const LIST: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 0000000000000000FFFF00000100007F:C351 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 3
   3: 00000000000000000000000001000000:C352 00000000000000000000000001000000:1F90 01 00000000:00000000 00:00000000 00000000  1003        0 4
";

    #[test]
    fn the_user_is_that_of_the_socket_at_the_other_end() {
        let user = |local: &str, remote: &str| user_in(LIST, local.parse().unwrap(), remote.parse().unwrap());
        assert_eq!(user("127.0.0.1:50000", "127.0.0.1:8080"), Some(1001));
        assert_eq!(user("127.0.0.1:50001", "127.0.0.1:8080"), Some(1002));
        assert_eq!(user("[::1]:50002", "[::1]:8080"), Some(1003));
        assert_eq!(user("127.0.0.1:50002", "127.0.0.1:8080"), None);
        assert_eq!(user("127.0.0.1:8080", "127.0.0.1:50000"), None);
        for odd in ["", "0100007F", "0100007F:", "0100007:1F90", "é100007F:1F90", "0100007F0100007F:1F90"] {
            assert_eq!(address(odd), None, "{odd}");
        }
    }
}

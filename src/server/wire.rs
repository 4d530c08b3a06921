//! Owns the bytes of one connection on their way to and from hyper.
//! It refuses a line that ends without its carriage return: parsers that disagree on it see different requests in the same bytes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

/// The most that is read at once; a usual request has a tenth of it.
const PIECE: usize = 2048;

/// A connection whose bytes are all heads of requests: the endpoint takes no bodies.
pub(super) struct Wire {
    stream: TcpStream,
    /// The byte before the next one.
    last: u8,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, last: 0 }
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; PIECE];
        let room = into.remaining().min(PIECE);
        let Some(piece) = bytes.get_mut(..room) else { return Poll::Ready(Ok(())) };
        let mut piece = ReadBuf::new(piece);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        self.last = spoil_bare_line_feeds(piece.filled_mut(), self.last);
        into.put_slice(piece.filled());
        Poll::Ready(Ok(()))
    }
}

/// Puts a NUL, which no head may hold, in the place of a line feed without its carriage return; gives the last byte.
fn spoil_bare_line_feeds(bytes: &mut [u8], mut last: u8) -> u8 {
    for byte in bytes {
        if *byte == b'\n' && last != b'\r' {
            *byte = 0;
        }
        last = *byte;
    }
    last
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    // several pieces at once: the credentials go to the system from where they are held, without a copy in a buffer
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_line_feeds_are_spoilt_in_whatever_pieces_they_come() {
        let text = *b"GET / HTTP/1.1\r\nHost: x\n\r\n\n";
        for at in 0..=text.len() {
            let mut bytes = text;
            let (head, tail) = bytes.split_at_mut(at);
            let last = spoil_bare_line_feeds(head, 0);
            spoil_bare_line_feeds(tail, last);
            assert_eq!(&bytes, b"GET / HTTP/1.1\r\nHost: x\0\r\n\0", "{at}");
        }
    }
}

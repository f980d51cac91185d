"""Serves an mp4 file over RTSP with GStreamer, so that cameras are tried against a server that is not ours.

Usage: gst-rtsp-server.py FILE h264|h265 PORT [USER PASSWORD]
Prints `ready PORT` once it listens. Serves rtsp://127.0.0.1:PORT/live to any number of clients, each from the
file's beginning, over TCP interleaved or UDP as the client likes.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main() -> None:
    path, codec, port = sys.argv[1:4]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f'( filesrc location="{path}" ! qtdemux ! {codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96 )'
    )
    if len(sys.argv) > 4:
        user, password = sys.argv[4:6]
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("user", "media.factory.access", True)
        permissions.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(permissions)

    server.get_mount_points().add_factory("/live", factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main()
